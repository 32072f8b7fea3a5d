// Whether this process may write to a terminal without disturbing another job: only the foreground process group of
// the controlling terminal should (tcgetpgrp(3), job control).

import { call, nativeFunction } from './libc.ts';

const getForegroundGroup = 0x540f;

/** False also when the descriptor is no terminal, or not the controlling one. */
export function isForeground(fd: number): boolean {
  const group = Buffer.alloc(4);
  if (nativeFunction('ioctl')?.(fd, getForegroundGroup, group) !== 0) return false;
  return group.readInt32LE() === call('getpgrp');
}
