// Without -D and -d sshd leaves its terminal: the same program again with -D in a session of its own. This process ends
// when that one listens, which it says through a pipe, or has failed.

import * as fs from 'node:fs';
import { onExit } from '@sallyport/system/child-exit';
import { closeDescriptor, duplicateTo, makePipe } from '@sallyport/system/descriptors';
import { startingOpenFileLimit } from '@sallyport/system/open-file-limit';
import { ownProgram } from '@sallyport/system/own-program';
import { spawnProcess } from '@sallyport/system/spawn';
import type { ServeOptions } from './serve-options.ts';

const readyFd = 3;
/** Set for the daemon only; nothing that it starts gets its environment. */
const readyVariable = 'SALLYPORT_SSHD_READY';
/** With it: the limit that the daemon's parent was started with, which cannot be seen any more. */
const openFilesVariable = 'SALLYPORT_SSHD_OPEN_FILES';

/** The soft limit of open files that sshd was started with; undefined when that is not known. */
export function givenOpenFileLimit(): number | undefined {
  if (process.env[readyVariable] === undefined) return startingOpenFileLimit();
  const given = Number(process.env[openFilesVariable]);
  return Number.isSafeInteger(given) ? given : undefined;
}

export async function detach({ openFiles }: Pick<ServeOptions, 'openFiles'>): Promise<number> {
  const program = ownProgram();
  const nullFd = fs.openSync('/dev/null', 'r+');
  const ready = makePipe();
  const { PATH = '/usr/bin:/bin', HOME, TZ, SSH_AUTH_SOCK } = process.env;
  const pid = spawnProcess({
    path: program.path,
    argv: [...program.argv('sshd'), '-D', ...process.argv.slice(2)],
    env: {
      PATH,
      [readyVariable]: 'yes',
      ...(openFiles === undefined ? {} : { [openFilesVariable]: String(openFiles) }),
      ...(HOME === undefined ? {} : { HOME }),
      ...(TZ === undefined ? {} : { TZ }),
      ...(SSH_AUTH_SOCK === undefined ? {} : { SSH_AUTH_SOCK }),
    },
    stdio: { 0: nullFd, 1: nullFd, 2: 2, [readyFd]: ready.writeFd },
    newSession: true,
  });
  for (const fd of [nullFd, ready.writeFd]) closeDescriptor(fd);
  // A pipe that ends without a word is a daemon that has ended.
  if (fs.readSync(ready.readFd, new Uint8Array(1)) === 1) return 0;
  return new Promise((resolve) => onExit(pid, (exit) => resolve('code' in exit ? exit.code : 255)));
}

/** The daemon serves: whoever detached it may go, and its terminal and folder are let go of. */
export function announceReady({ logToStderr }: { readonly logToStderr: boolean }): void {
  if (process.env[readyVariable] === undefined) return;
  delete process.env[readyVariable];
  process.chdir('/');
  if (!logToStderr) {
    const nullFd = fs.openSync('/dev/null', 'r+');
    duplicateTo(nullFd, 2);
    closeDescriptor(nullFd);
  }
  fs.writeSync(readyFd, Uint8Array.of(1));
  closeDescriptor(readyFd);
}
