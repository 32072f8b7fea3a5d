// How many files a process may have open (RLIMIT_NOFILE of getrlimit(2)). The runtimes raise their own soft limit to
// the hard one before any code of ours runs. Programs that are started for people get the limit that this process was
// started with, because those that use select(2) or close every number up to the limit suffer from a large one.

import { readFileSync } from 'node:fs';
import { call, check } from './libc.ts';

/** RLIMIT_NOFILE of Linux. */
const openFiles = 7;
const getDescriptorFlags = 1;
/** systemd tells what its own limits are, not those of its services: a usual service has this one with those. */
const serviceSoftLimit = 1024;
const serviceHardLimits: readonly number[] = [524_288, 1_048_576, 1_073_741_816];

export interface OpenFileLimits {
  readonly soft: number;
  readonly hard: number;
}

/** How many descriptors this process may have (the soft limit). */
export function openFileLimit(): number {
  const soft = ownLimits().readBigUInt64LE();
  return soft > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(soft);
}

/** The soft limit, then the hard one. */
function ownLimits(): Buffer {
  const limits = Buffer.alloc(16);
  check('getrlimit', openFiles, limits);
  return limits;
}

/**
 * The soft limit that this process was started with, which is that of its parent as long as that lives; undefined when
 * nothing tells, which leaves the hard one. Reads files: for the start of a process, not for every program of it.
 */
export function startingOpenFileLimit(parentPid = process.ppid, own = openFileLimits('self')): number | undefined {
  if (own === undefined) return undefined;
  if (own.soft < own.hard) return own.soft;
  // No parent (0) is that of the first process in a container.
  if (parentPid <= 1) return serviceHardLimits.includes(own.hard) ? serviceSoftLimit : undefined;
  const parent = openFileLimits(parentPid);
  // Whoever has set another hard limit may have set the soft one as well.
  return parent?.hard === own.hard ? parent.soft : undefined;
}

/** By proc(5), which calls no function of the C library; undefined where that does not tell. */
export function openFileLimits(pid: number | 'self'): OpenFileLimits | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/limits`, 'latin1');
    const [, soft, hard] = /^Max open files\s+(\d+)\s+(\d+)/m.exec(text) ?? [];
    return soft === undefined ? undefined : { soft: Number(soft), hard: Number(hard) };
  } catch {
    return undefined;
  }
}

/**
 * Runs a synchronous function with a lower soft limit, which the programs that it starts keep. Where so many
 * descriptors are open that other threads might meet it, the limit stays as it is; so it does with undefined.
 */
export function withOpenFileLimit<T>(soft: number | undefined, work: () => T): T {
  if (soft === undefined) return work();
  const limits = ownLimits();
  if (BigInt(soft) >= limits.readBigUInt64LE() || isOpen(Math.floor(soft * 0.75))) return work();
  const lowered = Buffer.from(limits);
  lowered.writeBigUInt64LE(BigInt(soft));
  check('setrlimit', openFiles, lowered);
  try {
    return work();
  } finally {
    check('setrlimit', openFiles, limits);
  }
}

/** Runs a synchronous function that starts a program of the user's, with the limit that we were started with. */
export function withStartingOpenFileLimit<T>(work: () => T): T {
  return withOpenFileLimit(startingOpenFileLimit(), work);
}

/** The system gives the lowest free number: below one that is not open there is room. */
function isOpen(fd: number): boolean {
  return call('fcntl', fd, getDescriptorFlags, 0) >= 0;
}
