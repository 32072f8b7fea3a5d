// Sockets without an event loop, for a process that does one thing at a time: it waits until something can be read or
// written, and reads and writes what the system takes at once. The descriptors stay the caller's.

import { call, lastErrno } from './libc.ts';
import { errorNumber, SystemError } from './system-error.ts';

const readable = 0x1;
const writable = 0x4;
const entryBytes = 8;
const doNotWait = 0x40;
const doNotSignal = 0x4000;

export interface Awaited {
  readonly fd: number;
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * Waits until some of them can be read or written, or are over, which using them then tells; undefined when the time is
 * over first. Without a time it waits for ever. A signal ends the wait with none.
 */
export function waitForAny(awaited: readonly Awaited[], timeoutMs?: number): ReadonlySet<number> | undefined {
  const entries = new Uint8Array(awaited.length * entryBytes);
  const view = new DataView(entries.buffer);
  for (const [index, { fd, read, write }] of awaited.entries()) {
    view.setInt32(index * entryBytes, read || write ? fd : -1, true);
    view.setInt16(index * entryBytes + 4, (read ? readable : 0) | (write ? writable : 0), true);
  }
  const limit = timeoutMs === undefined ? -1 : Math.min(Math.max(0, Math.ceil(timeoutMs)), 0x7fff_ffff);
  const found = call('poll', entries, awaited.length, limit);
  if (found === 0) return undefined;
  const errno = found < 0 ? lastErrno() : 0;
  if (errno !== 0 && errno !== errorNumber('EINTR')) throw new SystemError('poll', errno);
  const isReady = (index: number): boolean => errno === 0 && view.getInt16(index * entryBytes + 6, true) !== 0;
  return new Set(awaited.filter((_, index) => isReady(index)).map(({ fd }) => fd));
}

/** How many bytes came into `room`: 0 at the end, undefined when nothing is there now. */
export function readNow(fd: number, room: Uint8Array): number | undefined {
  const length = call('recv', fd, room, room.length, doNotWait);
  return length >= 0 ? length : noneNow('recv');
}

/** How many bytes the socket took. */
export function sendNow(fd: number, bytes: Uint8Array): number {
  const length = call('send', fd, bytes, bytes.length, doNotWait | doNotSignal);
  return length >= 0 ? length : (noneNow('send') ?? 0);
}

/** Returns when the socket has taken everything. */
export function sendWhole(fd: number, bytes: Uint8Array): void {
  for (let sent = 0; sent < bytes.length; ) {
    const taken = sendNow(fd, bytes.subarray(sent));
    if (taken === 0) waitForAny([{ fd, read: false, write: true }]);
    sent += taken;
  }
}

const endOfSending = 1;

/** The other end sees the end of what we sent; reading goes on. A socket that is over already stays as it is. */
export function endSending(fd: number): void {
  call('shutdown', fd, endOfSending);
}

function noneNow(what: string): undefined {
  const errno = lastErrno();
  if (errno === errorNumber('EAGAIN') || errno === errorNumber('EINTR')) return undefined;
  throw new SystemError(what, errno);
}
