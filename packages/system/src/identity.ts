// Who a process is: giving up rights for good, borrowing an account's rights for a moment, and keeping others out of
// the process (setresuid(2), chroot(2), prctl(2)). Each change is verified, and one that does not hold throws.

import { readFileSync } from 'node:fs';
import { utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { call, check } from './libc.ts';
import { cString, pathString } from './memory.ts';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups; the primary one may be among them. */
  readonly groups: readonly number[];
}

const unchanged = 0xffffffff;
const processControl = { deathSignal: 1, dumpable: 4, name: 15, noNewPrivileges: 38 } as const;
const killSignal = 9;

function setGroups(groups: readonly number[]): void {
  const list = Buffer.alloc(Math.max(4, groups.length * 4));
  for (const [index, gid] of groups.entries()) list.writeUInt32LE(gid, index * 4);
  check('setgroups', groups.length, list);
}

/** The supplementary groups of this process. */
export function ownGroups(): number[] {
  const list = Buffer.alloc(4 * 65536);
  const count = check('getgroups', list.length / 4, list);
  return Array.from({ length: count }, (_, index) => list.readUInt32LE(index * 4));
}

/** Real, effective and saved number of one kind. */
function threeIds(name: 'getresuid' | 'getresgid'): number[] {
  const ids = [Buffer.alloc(4), Buffer.alloc(4), Buffer.alloc(4)] as const;
  check(name, ...ids);
  return ids.map((id) => id.readUInt32LE());
}

/** Becomes somebody else for good, on all threads: groups, gid, uid. Throws when a way back is left. */
export function becomeAccount(identity: Identity): void {
  setGroups(identity.groups);
  check('setresgid', identity.gid, identity.gid, identity.gid);
  check('setresuid', identity.uid, identity.uid, identity.uid);
  const held = new Set(ownGroups());
  const sameGroups = held.size === new Set(identity.groups).size && identity.groups.every((gid) => held.has(gid));
  const sameIds = [...threeIds('getresuid')].every((uid) => uid === identity.uid);
  const sameGid = [...threeIds('getresgid')].every((gid) => gid === identity.gid);
  if (!sameGroups || !sameIds || !sameGid || hasWayBack(identity))
    throw new Error('the identity of the process did not change for good');
}

function hasWayBack(identity: Identity): boolean {
  if (identity.uid === 0) return false;
  if (call('setresuid', unchanged, 0, unchanged) === 0) return true;
  return identity.gid !== 0 && call('setresgid', unchanged, 0, unchanged) === 0;
}

/** Makes a folder the root of this process, and goes there. Only for root, who can get out again. */
export function enterRoot(folder: string): void {
  check('chroot', pathString(utf8EncodeReversibly(folder)));
  // Not by our own call: the runtime remembers the folder.
  process.chdir('/');
}

/** Locks the process into a folder, without supplementary groups, as that user. Only for root. */
export function dropPrivileges(options: { readonly uid: number; readonly gid: number; readonly folder: string }): void {
  enterRoot(options.folder);
  becomeAccount({ uid: options.uid, gid: options.gid, groups: [] });
}

/** Runs a synchronous function with the effective rights of an account; this process must be root. */
export function asAccount<T>(identity: Identity, work: () => T): T {
  const groups = ownGroups();
  setGroups(identity.groups);
  check('setresgid', unchanged, identity.gid, unchanged);
  check('setresuid', unchanged, identity.uid, unchanged);
  try {
    return work();
  } finally {
    check('setresuid', unchanged, 0, unchanged);
    check('setresgid', unchanged, 0, unchanged);
    setGroups(groups);
  }
}

/** No program that this thread executes gains rights by its file's mode (set-user-ID). */
export function forbidNewPrivileges(): void {
  check('prctl', processControl.noNewPrivileges, 1, 0, 0, 0);
}

/** No core file, and nobody of the same user may look into the memory of this process. */
export function forbidTracing(): void {
  check('prctl', processControl.dumpable, 0, 0, 0, 0);
}

/** Ends this process when its parent has ended. */
export function dieWithParent(): void {
  check('prctl', processControl.deathSignal, killSignal, 0, 0, 0);
}

/** The short name of this process in `ps` and `top`, cut to 15 bytes. */
export function setProcessName(name: string): void {
  check('prctl', processControl.name, cString(name), 0, 0, 0);
}

/** Numbers of getrlimit(2), Linux. */
const resources = { fileBytes: 1, dataBytes: 2, coreBytes: 4, openFiles: 7 } as const;

/** Sets the soft and the hard limit of a resource. */
export function limitResource(resource: keyof typeof resources, value: number): void {
  const limit = Buffer.alloc(16);
  limit.writeBigUInt64LE(BigInt(value), 0);
  limit.writeBigUInt64LE(BigInt(value), 8);
  check('setrlimit', resources[resource], limit);
}

/** Keeps this process from using so much more memory than it does now (RLIMIT_DATA). */
export function limitFurtherMemory(bytes: number): void {
  const used = /^VmData:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
  if (used !== undefined) limitResource('dataBytes', Number(used) * 1024 + bytes);
}
