// Without -D and -d sshd leaves its terminal: the same program again with -D in a session of its own, and this
// process ends when that one is listening or has failed.

import * as fs from 'node:fs';
import { onExit } from '@sallyport/system/child-exit';
import { closeDescriptor } from '@sallyport/system/descriptors';
import { spawnProcess } from '@sallyport/system/spawn';
import { ownProgram } from '../listener/worker-program.ts';

/** How long the daemon has to fail before it counts as started. */
const settlingMs = 150;

export function detach(): Promise<number> {
  const program = ownProgram();
  const nullFd = fs.openSync('/dev/null', 'r+');
  const pid = spawnProcess({
    path: program.path,
    argv: [...program.argv('sshd'), '-D', ...process.argv.slice(2)],
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      ...(process.env['HOME'] === undefined ? {} : { HOME: process.env['HOME'] }),
    },
    stdio: { 0: nullFd, 1: nullFd, 2: 2 },
    newSession: true,
  });
  closeDescriptor(nullFd);
  return new Promise((resolve) => {
    const settled = setTimeout(() => resolve(0), settlingMs);
    onExit(pid, (exit) => {
      clearTimeout(settled);
      resolve('code' in exit ? exit.code : 255);
    });
  });
}
