// The socket of the service: everybody may ask, only its owner may put it there. One that a service has left behind is
// replaced.

import { chmodSync, mkdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { isAbandoned } from '@sallyport/system/agent-socket';
import { bindLocal } from '@sallyport/system/local-listener';
import { errorText, SystemError } from '@sallyport/system/system-error';
import { reasonOf } from '../shared/failure-reason.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { fatal } from './messages.ts';

const everybody = 0o666;

/** Listens there, in a folder that nobody else can write to, which is made if it is missing. @throws ProgramExit */
export function openListeningSocket(path: string): number {
  checkFolder(dirname(path));
  try {
    const fd = bindOrReplace(path);
    chmodSync(path, everybody);
    return fd;
  } catch (error) {
    if (error instanceof SystemError) throw new ProgramExit(fatal.cannotBind(path, errorText(error.code)));
    throw error;
  }
}

function checkFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o755 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) {
      throw new ProgramExit(fatal.cannotBind(folder, reasonOf(error)));
    }
  }
  const { uid, mode } = statSync(folder);
  if ((uid !== 0 && uid !== process.getuid?.()) || (mode & 0o022) !== 0) {
    throw new ProgramExit(fatal.unsafeFolder(folder));
  }
}

function bindOrReplace(path: string): number {
  try {
    return bindLocal(path);
  } catch (error) {
    if (!(error instanceof SystemError && error.code === 'EADDRINUSE')) throw error;
    if (!isAbandoned(path)) throw new ProgramExit(fatal.inUse(path));
    unlinkSync(path);
    return bindLocal(path);
  }
}
