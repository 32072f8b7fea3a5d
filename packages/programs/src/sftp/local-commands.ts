// The commands about this machine: the working folder, new folders, the mask of new files, and the user's shell. The
// server hears of none.

import { mkdirSync } from 'node:fs';
import { utf8DecodeReversibly, utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { accountById, accountByName } from '@sallyport/system/accounts';
import { onExit } from '@sallyport/system/child-exit';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { startingOpenFileLimit } from '@sallyport/system/open-file-limit';
import type { Exit } from '@sallyport/system/spawn';
import { spawnProcess } from '@sallyport/system/spawn';
import { errorText, SystemError } from '@sallyport/system/system-error';
import { changeWorkingFolder, workingFolder } from '@sallyport/system/working-folder';
import { byteStringOf, bytesOf, pathOf } from '../shared/byte-string.ts';
import { reasonOf } from '../shared/failure-reason.ts';
import { localMessages } from './messages.ts';
import type { CommandRun } from './session.ts';

/** Without a path the user's home. */
export function changeLocalFolder(run: CommandRun, path: string): void {
  const folder = expandHome(path === '' ? '~' : path);
  try {
    changeWorkingFolder(bytesOf(folder));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    run.problem(localMessages.notEntered(folder, errorText(error.code)));
  }
}

/** `~` and `~user` in front; as it is when there is no such user. */
function expandHome(path: string): string {
  const [whole = '', name = ''] = /^~([^/]*)/.exec(path) ?? [];
  if (whole === '') return path;
  const account = name === '' ? accountById(process.getuid?.() ?? 0) : accountByName(name);
  return account === undefined ? path : byteStringOf(utf8EncodeReversibly(account.home)) + path.slice(whole.length);
}

export function showLocalFolder(run: CommandRun): void {
  try {
    run.session.report.say(localMessages.folder(byteStringOf(workingFolder())));
  } catch (error) {
    run.problem(localMessages.folderUnknown(reasonOf(error)));
  }
}

export function makeLocalFolder(run: CommandRun, path: string): void {
  try {
    mkdirSync(pathOf(path), { mode: 0o777 });
  } catch (error) {
    run.problem(localMessages.mkdirFailed(path, reasonOf(error)));
  }
}

export function setMask(run: CommandRun, mask: number): void {
  process.umask(mask & 0o777);
  run.session.report.say(localMessages.mask(mask));
}

/** A command of the user's shell on our terminal; without one the shell itself. How it ends is no failure of ours. */
export async function runShell(run: CommandRun, command: string): Promise<void> {
  const { report } = run.session;
  const shell = process.env['SHELL'] || '/bin/sh';
  let pid: number;
  try {
    pid = spawnProcess({
      path: shell,
      argv: command === '' ? [shell] : [shell, '-c', utf8DecodeReversibly(bytesOf(command))],
      env: withoutRuntimeVariables(process.env),
      stdio: { 0: 0, 1: 1, 2: 2 },
      openFiles: startingOpenFileLimit(),
    });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    report.problem(localMessages.notExecuted(shell, errorText(error.code)));
    return;
  }
  const exit = await new Promise<Exit>((resolve) => onExit(pid, resolve));
  if (!('code' in exit)) report.problem(localMessages.shellKilled);
  else if (exit.code !== 0) report.problem(localMessages.shellFailed(exit.code));
}

export function listLocally(run: CommandRun, args: string): Promise<void> {
  return runShell(run, args === '' ? 'ls' : `ls ${args}`);
}
