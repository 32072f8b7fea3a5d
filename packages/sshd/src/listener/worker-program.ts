// How the daemon starts its own other roles (system/own-program.ts). Each gets a framed pipe as descriptor 3 and a
// socket that carries descriptors as 4, and nothing else of ours.

import { openSync } from 'node:fs';
import { closeDescriptor, setNonBlocking, socketPair } from '@sallyport/system/descriptors';
import { singleThreadEnvironment } from '@sallyport/system/fork';
import type { OwnProgram } from '@sallyport/system/own-program';
import { spawnProcess } from '@sallyport/system/spawn';

export type WorkerName = 'sshd' | 'sshd-auth' | 'sshd-session' | 'sshd-password' | 'sshd-keys' | 'sshd-command';

/** Descriptor numbers in the worker. */
export const workerDescriptors = { calls: 3, passing: 4 } as const;

export interface Worker {
  readonly pid: number;
  /** Our end of the framed pipe. */
  readonly callsFd: number;
  /** Our end of the socket that carries descriptors. */
  readonly passingFd: number;
}

export interface WorkerStart {
  readonly name: WorkerName;
  readonly argv: readonly string[];
  /** Where its own crash would be written. */
  readonly errorFd: number;
  /** It will make copies of itself. */
  readonly isCopied?: boolean;
}

/**
 * For the process of an account: Bun's last compiler takes a tenth of the processor time of a transfer and gives
 * nothing back, since most of it goes into the system's calls and the ciphers.
 */
const accountEnvironment = { BUN_JSC_useFTLJIT: '0' };

/** Starts a role. */
export function startWorker(program: OwnProgram, start: WorkerStart): Worker {
  const nullFd = openSync('/dev/null', 'r+');
  try {
    return startWith(program, start, nullFd);
  } finally {
    closeDescriptor(nullFd);
  }
}

function startWith(program: OwnProgram, { name, argv, errorFd, isCopied }: WorkerStart, nullFd: number): Worker {
  const [callsFd, childCalls, passingFd, childPassing] = twoPairs();
  try {
    // A worker that does not read must not hold the monitor up.
    setNonBlocking(passingFd, true);
    const { calls, passing } = workerDescriptors;
    const pid = spawnProcess({
      path: program.path,
      argv: [...program.argv(name), ...argv],
      env: { PATH: '/usr/bin:/bin', ...timeZone(), ...runtimeSettings(name, isCopied) },
      cwd: '/',
      stdio: { 0: nullFd, 1: nullFd, 2: errorFd, [calls]: childCalls, [passing]: childPassing },
      newSession: false,
    });
    return { pid, callsFd, passingFd };
  } catch (error) {
    for (const fd of [callsFd, passingFd]) closeDescriptor(fd);
    throw error;
  } finally {
    for (const fd of [childCalls, childPassing]) closeDescriptor(fd);
  }
}

/** The one that sshd was started with; sessions and logs have it as well. */
function timeZone(): Readonly<Record<string, string>> {
  const { TZ } = process.env;
  return TZ === undefined ? {} : { TZ };
}

function runtimeSettings(name: WorkerName, isCopied: boolean | undefined): Readonly<Record<string, string>> {
  if (isCopied === true) return singleThreadEnvironment;
  return name === 'sshd-session' ? accountEnvironment : {};
}

/** Ours and theirs for calls, ours and theirs for descriptors. */
function twoPairs(): readonly [number, number, number, number] {
  const calls = socketPair('stream');
  try {
    return [...calls, ...socketPair('seqpacket')];
  } catch (error) {
    for (const fd of calls) closeDescriptor(fd);
    throw error;
  }
}
