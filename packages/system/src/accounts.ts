// The user database through the C library, so that every source of accounts (files, LDAP, systemd) counts: passwd(5),
// group(5) and, for root, shadow(5). `verifyPassword` is crypt(3); it takes tens of milliseconds and blocks, so call it
// where that does no harm.

import { addressOf, call, lastErrno } from './libc.ts';
import { cString, pointerIn, stringAt } from './memory.ts';
import { errorNumber, SystemError } from './system-error.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly gecos: string;
  readonly home: string;
  readonly shell: string;
}

export interface Group {
  readonly name: string;
  readonly gid: number;
}

/** An entry of shadow(5); days count from 1970-01-01, and a field that is empty in the file is undefined. */
export interface ShadowEntry {
  readonly name: string;
  /** What crypt(3) takes as its setting, or a mark such as `!` or `*` that no password can match. */
  readonly hash: string;
  readonly lastChangeDay: number | undefined;
  readonly maximumDays: number | undefined;
  readonly warningDays: number | undefined;
  readonly inactiveDays: number | undefined;
  readonly expiryDay: number | undefined;
}

const largestEntryBytes = 1 << 20;

/**
 * Calls one of the `get…_r` functions with more and more room; the structure, or undefined when there is no such
 * entry.
 */
function lookUp(syscall: string, structureBytes: number, ask: (...room: LookUpRoom) => number): Found | undefined {
  for (let bytes = 4096; ; bytes *= 4) {
    const structure = Buffer.alloc(structureBytes);
    const strings = Buffer.alloc(bytes);
    const result = Buffer.alloc(8);
    const errno = ask(structure, strings, bytes, result);
    if (errno === errorNumber('ERANGE') && bytes < largestEntryBytes) continue;
    if (pointerIn(result, 0) !== 0) return { structure, strings };
    if (errno === 0 || noSuchEntry.has(errno)) return undefined;
    throw new SystemError(syscall, errno);
  }
}

type LookUpRoom = readonly [structure: Buffer, strings: Buffer, bytes: number, result: Buffer];

/** The strings are what the structure points into. */
interface Found {
  readonly structure: Buffer;
  readonly strings: Buffer;
}

// getpwnam_r(3) lists these as what systems answer for a name that does not exist.
const noSuchEntry: ReadonlySet<number> = new Set(
  (['ENOENT', 'ESRCH', 'EBADF', 'EPERM', 'ENOTDIR', 'EINVAL'] as const).map(errorNumber),
);

// struct passwd: name, passwd, uid, gid, gecos, dir, shell.
function readAccount(found: Found | undefined): Account | undefined {
  if (found === undefined) return undefined;
  const { structure } = found;
  return {
    name: stringIn(found, 0),
    uid: structure.readUInt32LE(16),
    gid: structure.readUInt32LE(20),
    gecos: stringIn(found, 24),
    home: stringIn(found, 32),
    shell: stringIn(found, 40) || '/bin/sh',
  };
}

function stringIn(found: Found, at: number): string {
  const address = pointerIn(found.structure, at);
  const start = address - addressOf(found.strings);
  if (start < 0 || start >= found.strings.length) return address === 0 ? '' : stringAt(address);
  return found.strings.toString('utf8', start, found.strings.indexOf(0, start));
}

/** The account of a name; undefined when there is none. An empty shell field means /bin/sh (passwd(5)). */
export function accountByName(name: string): Account | undefined {
  if (name.includes('\0')) return undefined;
  const key = cString(name);
  return readAccount(lookUp('getpwnam_r', 48, (...room) => call('getpwnam_r', key, ...room)));
}

export function accountById(uid: number): Account | undefined {
  return readAccount(lookUp('getpwuid_r', 48, (...room) => call('getpwuid_r', uid, ...room)));
}

// struct group: name, passwd, gid, members.
function readGroup(found: Found | undefined): Group | undefined {
  return found && { name: stringIn(found, 0), gid: found.structure.readUInt32LE(16) };
}

export function groupByName(name: string): Group | undefined {
  if (name.includes('\0')) return undefined;
  const key = cString(name);
  return readGroup(lookUp('getgrnam_r', 32, (...room) => call('getgrnam_r', key, ...room)));
}

export function groupById(gid: number): Group | undefined {
  return readGroup(lookUp('getgrgid_r', 32, (...room) => call('getgrgid_r', gid, ...room)));
}

/** Every group of an account: its own gid and those that list it as a member. */
export function groupsOf(name: string, gid: number): number[] {
  const key = cString(name);
  for (let room = 64; ; room *= 4) {
    const gids = Buffer.alloc(room * 4);
    const count = Buffer.alloc(4);
    count.writeInt32LE(room);
    if (call('getgrouplist', key, gid, gids, count) >= 0) {
      return Array.from({ length: count.readInt32LE() }, (_, index) => gids.readUInt32LE(index * 4));
    }
    if (room > 65536) throw new SystemError('getgrouplist', errorNumber('EINVAL'));
  }
}

// struct spwd: namp, pwdp, then lstchg, min, max, warn, inact, expire as long, and flag.
/** The shadow entry of a name; undefined when there is none, or when we are not allowed to see it. */
export function shadowEntry(name: string): ShadowEntry | undefined {
  const key = cString(name);
  const found = lookUp('getspnam_r', 72, (...room) => {
    const errno = call('getspnam_r', key, ...room);
    return errno === errorNumber('EACCES') ? errorNumber('ENOENT') : errno;
  });
  if (found === undefined) return undefined;
  const days = (at: number): number | undefined => {
    const value = Number(found.structure.readBigInt64LE(at));
    return value < 0 ? undefined : value;
  };
  const entry: ShadowEntry = {
    name: stringIn(found, 0),
    hash: stringIn(found, 8),
    lastChangeDay: days(16),
    maximumDays: days(32),
    warningDays: days(40),
    inactiveDays: days(48),
    expiryDay: days(56),
  };
  found.strings.fill(0);
  return entry;
}

/** crypt(3): the hash of a password under a setting or an older hash; undefined when the setting is not one. */
export function hashPassword(password: string, setting: string): string | undefined {
  if (password.includes('\0') || setting.includes('\0')) return undefined;
  const phrase = cString(password);
  const data = Buffer.alloc(cryptDataBytes);
  const address = call('crypt_r', phrase, cString(setting), data);
  const errno = address === 0 ? lastErrno() : 0;
  const hash = address === 0 ? '*' : stringAt(address);
  phrase.fill(0);
  data.fill(0);
  if (address === 0 && errno !== errorNumber('EINVAL')) throw new SystemError('crypt_r', errno);
  return hash.startsWith('*') ? undefined : hash;
}

const cryptDataBytes = 32768;

/** Whether a password has this hash. The comparison takes the same time wherever the first difference is. */
export function verifyPassword(password: string, hash: string): boolean {
  const computed = hashPassword(password, hash);
  if (computed === undefined || hash === '') return false;
  const ours = Buffer.from(computed, 'utf8');
  const theirs = Buffer.from(hash, 'utf8');
  if (ours.length !== theirs.length) return false;
  let difference = 0;
  for (let i = 0; i < ours.length; i++) difference |= (ours[i] as number) ^ (theirs[i] as number);
  return difference === 0;
}
