// Runs the commands of sftp, one line at a time. A line may fail in two ways: its command does not work, which ends a
// batch, or the connection is gone, which ends the program.

import { AbortedError } from 'sallyport/errors';
import { list } from './list-command.ts';
import {
  changeLocalFolder,
  listLocally,
  makeLocalFolder,
  runShell,
  setMask,
  showLocalFolder,
} from './local-commands.ts';
import { help, progressMessages, remoteMessages } from './messages.ts';
import type { Command, ParsedLine } from './parse-command.ts';
import {
  changeFiles,
  changeFolder,
  copyFile,
  makeFolder,
  makeHardlink,
  makeSymlink,
  removeFiles,
  removeFolder,
  renameFile,
  showFreeSpace,
} from './remote-commands.ts';
import { CommandRun, type Session } from './session.ts';
import { getFiles, putFiles } from './transfer-commands.ts';

export interface ExecuteOptions {
  readonly signal: AbortSignal;
  /** A failure ends the program, unless the line says otherwise. */
  readonly isBatch: boolean;
}

export type LineOutcome = 'go-on' | 'quit' | 'failed';

/** Rejects with an SshError other than SftpError when the connection is gone. */
export async function executeLine(
  session: Session,
  line: ParsedLine,
  { signal, isBatch }: ExecuteOptions,
): Promise<LineOutcome> {
  const stopsAtErrors = isBatch && !line.ignoresErrors;
  const run = new CommandRun(session, { signal, stopsAtErrors });
  if (line.problem !== undefined) run.problem(line.problem);
  else if (line.command !== undefined) await executeCommand(run, line.command);
  if (stopsAtErrors && run.hasFailed) return 'failed';
  return line.command?.kind === 'quit' ? 'quit' : 'go-on';
}

/** An interrupted command has failed. */
export async function executeCommand(run: CommandRun, command: Command): Promise<void> {
  try {
    const action: Action<never> = actions[command.kind];
    // The row's type is that of the command, which the compiler cannot see.
    await action(run, command as never);
  } catch (error) {
    if (!(error instanceof AbortedError)) throw error;
  }
  if (run.isInterrupted) run.fail();
}

type Action<Given> = (run: CommandRun, command: Given) => Promise<void> | void;

type Actions = { readonly [Kind in Command['kind']]: Action<Command & { readonly kind: Kind }> };

const actions: Actions = {
  get: getFiles,
  put: putFiles,
  ls: (run, { path, flags }) => list(run, path, flags),
  cd: (run, { path = '' }) => changeFolder(run, path),
  mkdir: (run, { path }) => makeFolder(run, path),
  rmdir: (run, { path }) => removeFolder(run, path),
  rm: (run, { path }) => removeFiles(run, path),
  rename: renameFile,
  symlink: makeSymlink,
  hardlink: makeHardlink,
  copy: copyFile,
  df: showFreeSpace,
  chmod: changeFiles,
  chown: changeFiles,
  chgrp: changeFiles,
  pwd: ({ session }) => session.report.say(remoteMessages.folder(session.folder)),
  version: ({ session }) => session.report.say(remoteMessages.version),
  lcd: (run, { path = '' }) => changeLocalFolder(run, path),
  lls: (run, { text }) => listLocally(run, text),
  lmkdir: (run, { path }) => makeLocalFolder(run, path),
  lpwd: showLocalFolder,
  lumask: (run, { mask }) => setMask(run, mask),
  shell: (run, { text }) => runShell(run, text),
  help: ({ session }) => session.report.print(help.map((line) => `${line}\n`).join('')),
  progress: ({ session }) => {
    session.showsProgress = !session.showsProgress;
    session.report.say(session.showsProgress ? progressMessages.on : progressMessages.off);
  },
  quit: () => undefined,
};
