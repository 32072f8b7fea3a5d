// The commands about files of the server, but for listings and transfers: folders, names, links, modes, owners and free
// space.

import { byteStringOf, bytesOf } from '../shared/byte-string.ts';
import { formatFreeSpace } from './free-space.ts';
import { glob, TooManyMatches } from './glob.ts';
import { remoteMessages, transferMessages } from './messages.ts';
import type { Command } from './parse-command.ts';
import type { CommandRun } from './session.ts';
import { patternAsPath } from './split-line.ts';

type CommandOf<Kind extends Command['kind']> = Extract<Command, { readonly kind: Kind }>;

/** Without a path the folder that the server began in. */
export async function changeFolder(run: CommandRun, path: string): Promise<void> {
  const { session } = run;
  const wanted = session.absolute(path === '' ? session.startFolder : path);
  const found = await run.attempt(session.client.realpathBytes(bytesOf(wanted), run.call), (reason) =>
    remoteMessages.realpathFailed(wanted, reason),
  );
  if (found === undefined) return;
  const status = await run.attempt(session.client.stat(found, run.call), remoteMessages.statFailed);
  if (status === undefined) return;
  const folder = byteStringOf(found);
  if (status.mode === undefined) run.problem(remoteMessages.notChecked);
  else if (status.type !== 'directory') run.problem(remoteMessages.notFolder(folder));
  else session.folder = folder;
}

export async function makeFolder(run: CommandRun, path: string): Promise<void> {
  const wanted = run.session.absolute(path);
  const attributes = { permissions: 0o777 };
  await run.attempt(run.session.client.mkdir(bytesOf(wanted), { attributes, ...run.call }), (reason) =>
    remoteMessages.mkdirFailed(wanted, reason),
  );
}

export async function removeFolder(run: CommandRun, path: string): Promise<void> {
  const wanted = run.session.absolute(path);
  await run.attempt(run.session.client.rmdir(bytesOf(wanted), run.call), (reason) =>
    remoteMessages.rmdirFailed(wanted, reason),
  );
}

export async function removeFiles(run: CommandRun, pattern: string): Promise<void> {
  const { session } = run;
  for (const path of await filesOf(run, pattern)) {
    if (!run.goesOn) return;
    if (!session.isQuiet) session.report.say(remoteMessages.removing(path));
    await run.attempt(session.client.remove(bytesOf(path), run.call), (reason) =>
      remoteMessages.removeFailed(path, reason),
    );
  }
}

export async function renameFile(run: CommandRun, { from, to, legacy }: CommandOf<'rename'>): Promise<void> {
  const [oldPath, newPath] = [run.session.absolute(from), run.session.absolute(to)];
  const renamed = run.session.client.rename(bytesOf(oldPath), bytesOf(newPath), { legacy, ...run.call });
  await run.attempt(renamed, (reason) => remoteMessages.renameFailed(oldPath, newPath, reason));
}

/** What a symlink says stays as it was typed. */
export async function makeSymlink(run: CommandRun, { from, to }: { from: string; to: string }): Promise<void> {
  const link = run.session.absolute(to);
  await run.attempt(run.session.client.symlink(bytesOf(from), bytesOf(link), run.call), (reason) =>
    remoteMessages.symlinkFailed(from, link, reason),
  );
}

export async function makeHardlink(run: CommandRun, { from, to }: { from: string; to: string }): Promise<void> {
  const [oldPath, newPath] = [run.session.absolute(from), run.session.absolute(to)];
  await run.attempt(run.session.client.hardlink(bytesOf(oldPath), bytesOf(newPath), run.call), (reason) =>
    remoteMessages.linkFailed(oldPath, newPath, reason),
  );
}

export async function copyFile(run: CommandRun, { from, to }: { from: string; to: string }): Promise<void> {
  const [oldPath, newPath] = [run.session.absolute(from), run.session.absolute(to)];
  const { client } = run.session;
  const status = await run.attempt(client.stat(bytesOf(oldPath), run.call), remoteMessages.statFailed);
  if (status === undefined) return;
  if (status.type !== 'file' && status.type !== 'unknown') {
    run.problem(remoteMessages.notCopied(oldPath));
    return;
  }
  await run.attempt(client.copy(bytesOf(oldPath), bytesOf(newPath), run.call), (reason, { operation, pathBytes }) =>
    operation === 'open'
      ? remoteMessages.openFailed(byteStringOf(pathBytes), reason)
      : remoteMessages.copyFailed(oldPath, newPath, reason),
  );
}

export async function showFreeSpace(run: CommandRun, { path, human, inodes }: CommandOf<'df'>): Promise<void> {
  const { client, report, folder } = run.session;
  const wanted = run.session.absolute(path ?? folder);
  const space = await run.attempt(client.statvfs(bytesOf(wanted), run.call), remoteMessages.statvfsFailed);
  if (space !== undefined) report.print(formatFreeSpace(space, { human, inodes }));
}

const changedThing = { chmod: 'mode', chown: 'owner', chgrp: 'group' } as const;

export async function changeFiles(run: CommandRun, command: CommandOf<'chmod' | 'chown' | 'chgrp'>): Promise<void> {
  const { isQuiet, report } = run.session;
  for (const path of await filesOf(run, command.path)) {
    if (!run.goesOn) return;
    if (command.kind === 'chmod') {
      if (!isQuiet) report.say(remoteMessages.changing('mode', path));
      await setStatus(run, path, { ofLink: command.ofLink, changes: { permissions: command.value } });
    } else await changeOwner(run, path, command);
  }
}

async function changeOwner(run: CommandRun, path: string, command: CommandOf<'chown' | 'chgrp'>): Promise<void> {
  const { isQuiet, report, client } = run.session;
  const asked = command.ofLink ? client.lstat(bytesOf(path), run.call) : client.stat(bytesOf(path), run.call);
  const status = await run.attempt(asked, remoteMessages.statFailed);
  if (status === undefined) return;
  const { uid, gid } = status;
  if (uid === undefined || gid === undefined) {
    run.problem(remoteMessages.noOwner(path));
    return;
  }
  if (!isQuiet) report.say(remoteMessages.changing(changedThing[command.kind], path));
  const changes = command.kind === 'chown' ? { uid: command.value, gid } : { uid, gid: command.value };
  await setStatus(run, path, { ofLink: command.ofLink, changes });
}

interface StatusChange {
  readonly ofLink: boolean;
  readonly changes: { readonly permissions?: number; readonly uid?: number; readonly gid?: number };
}

async function setStatus(run: CommandRun, path: string, { ofLink, changes }: StatusChange): Promise<void> {
  const { client } = run.session;
  const call = ofLink ? 'lsetstat' : 'setstat';
  const set = client[call](bytesOf(path), changes, run.call);
  await run.attempt(set, (reason) => remoteMessages.changeFailed(call, path, reason));
}

/** The files that fit a pattern; the pattern itself as a name when there are none. */
async function filesOf(run: CommandRun, pattern: string): Promise<readonly string[]> {
  const absolute = run.session.absolutePattern(pattern);
  try {
    const found = await glob(absolute, run.files, { signal: run.signal });
    return found.length > 0 ? found.map(({ path }) => path) : [patternAsPath(absolute)];
  } catch (error) {
    if (!(error instanceof TooManyMatches)) throw error;
    run.problem(transferMessages.tooMany(absolute));
    return [];
  }
}
