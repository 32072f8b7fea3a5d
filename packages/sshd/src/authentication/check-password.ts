// Asks the password helper; an account without a hash costs as much time
// as one with, and is always refused.

import * as fs from 'node:fs';
import { Writer } from '@sallyport/protocol/wire/writer';
import { onExit } from '@sallyport/system/child-exit';
import { closeDescriptor, makePipe } from '@sallyport/system/descriptors';
import type { OwnProgram } from '@sallyport/system/own-program';
import { spawnProcess } from '@sallyport/system/spawn';

/** yescrypt of nothing in particular, with the cost that Debian's passwd uses. */
const nobodysHash = '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7';

/** Whether the password belongs to the hash; `hash` undefined stands for an account without one. */
export function checkPassword(program: OwnProgram, hash: string | undefined, password: Uint8Array): Promise<boolean> {
  const isUsable = hash !== undefined && (hash === '' || hash.startsWith('$') || hash.length === 13);
  if (isUsable && hash === '') return Promise.resolve(password.length === 0);
  return runHelper(program, isUsable ? hash : nobodysHash, password).then((equal) => equal && isUsable);
}

function runHelper(program: OwnProgram, hash: string, password: Uint8Array): Promise<boolean> {
  const input = makePipe();
  const nullFd = fs.openSync('/dev/null', 'r+');
  const message = new Writer().string(hash).string(password);
  const bytes = message.bytes();
  message.wipe();
  try {
    const pid = spawnProcess({
      path: program.path,
      argv: program.argv('sshd-password'),
      env: {},
      cwd: '/',
      stdio: { 0: input.readFd, 1: nullFd, 2: nullFd },
    });
    fs.writeSync(input.writeFd, bytes);
    return new Promise((resolve) => {
      onExit(pid, (exit) => resolve('code' in exit && exit.code === 0));
    });
  } finally {
    bytes.fill(0);
    for (const fd of [input.readFd, input.writeFd, nullFd]) closeDescriptor(fd);
  }
}
