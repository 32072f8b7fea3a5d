// Reading, writing and cutting files where node:fs cannot reach: at positions beyond 2^53. (Given a bigint, fs.write of
// both runtimes forgets the position and writes where the descriptor stands.)

import { check } from './libc.ts';

/** How many bytes pread(2) put into the room; 0 at the end of the file. */
export function readAt(fd: number, room: Uint8Array, position: bigint): number {
  return room.length === 0 ? 0 : check('pread', fd, room, room.length, position);
}

/** How many of the bytes pwrite(2) has written. */
export function writeAt(fd: number, bytes: Uint8Array, position: bigint): number {
  return bytes.length === 0 ? 0 : check('pwrite', fd, bytes, bytes.length, position);
}

/** ftruncate(2). */
export function truncateAt(fd: number, length: bigint): void {
  check('ftruncate', fd, length);
}
