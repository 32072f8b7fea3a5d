// Turns off the echo of a terminal while a secret is typed (termios(3)): line editing and signal keys stay, and what
// was typed ahead is discarded. All other modes are not this file's concern.

import { call, check } from './libc.ts';

// struct termios of the kernel on x64 and arm64: four 32-bit flag words, then line discipline and control characters.
const structureBytes = 64;
const localFlagsAt = 12;
const echoFlags = 0o110;
const request = { get: 0x5401, set: 0x5402, setAndFlush: 0x5404 } as const;

/** Hides what is typed from now on; the result brings the old modes back. undefined when this is not a terminal. */
export function hideEcho(fd: number): (() => void) | undefined {
  const before = Buffer.alloc(structureBytes);
  if (call('ioctl', fd, request.get, before) !== 0) return undefined;
  const hidden = Buffer.from(before);
  hidden.writeUInt32LE((before.readUInt32LE(localFlagsAt) & ~echoFlags) >>> 0, localFlagsAt);
  check('ioctl', fd, request.setAndFlush, hidden);
  // A terminal that has hung up meanwhile has no modes to bring back.
  return () => void call('ioctl', fd, request.set, before);
}
