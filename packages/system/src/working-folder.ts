// The working folder of this process as bytes, which the runtimes only know as text (chdir(2), getcwd(3)). Threads of
// the runtime share it, children inherit it.

import { readlinkSync } from 'node:fs';
import { check } from './libc.ts';
import { pathString } from './memory.ts';

/** @throws SystemError */
export function changeWorkingFolder(path: Uint8Array): void {
  check('chdir', pathString(path));
}

/** An absolute path. Throws the error of node:fs when it cannot be told. */
export function workingFolder(): Uint8Array {
  return readlinkSync('/proc/self/cwd', { encoding: 'buffer' });
}
