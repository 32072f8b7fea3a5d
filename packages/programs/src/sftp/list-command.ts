// `ls`: the entries of one folder, or the files that fit a pattern, as listing.ts shows them. Owners have names where
// the server tells them (users-groups-by-id@openssh.com); otherwise its own long lines are shown.

import { extensionTable } from '@sallyport/protocol/sftp/extensions';
import { windowSize } from '@sallyport/system/pty';
import { SystemError } from '@sallyport/system/system-error';
import type { FileStatus, RemoteEntry } from 'sallyport/sftp/file-status';
import { byteString, byteStringOf } from '../shared/byte-string.ts';
import { displayColumns } from '../shared/display-name.ts';
import { glob, TooManyMatches } from './glob.ts';
import { formatColumns, formatLongLine, sortEntries } from './listing.ts';
import { remoteMessages } from './messages.ts';
import type { ListFlags } from './parse-command.ts';
import { joinPath, withoutFolder } from './paths.ts';
import type { CommandRun } from './session.ts';

/** What is shown of one file. */
interface Shown {
  /** Byte strings; entries are sorted by the first and shown by the second. */
  readonly name: string;
  readonly shownName: string;
  readonly status: FileStatus;
  /** What the columns are made for: OpenSSH's are as wide as the path with its folder. */
  readonly measuredName: string;
  /** The server's line about it. */
  readonly entry?: RemoteEntry;
}

const defaultColumns = 80;

/** Without a path the working folder. */
export async function list(run: CommandRun, path: string | undefined, flags: ListFlags): Promise<void> {
  const { session } = run;
  if (path === undefined) return listFolder(run, { folder: session.folder, shownFrom: session.folder }, flags);
  const shownFrom = path.startsWith('/') ? undefined : session.folder;
  const pattern = session.absolutePattern(path);
  const options = { marksFolders: true, expandsBraces: true, isUnsorted: true, signal: run.signal };
  let found: Awaited<ReturnType<typeof glob<FileStatus>>>;
  try {
    found = await glob(pattern, run.files, options);
  } catch (error) {
    if (!(error instanceof TooManyMatches)) throw error;
    run.problem(remoteMessages.tooManyToList(pattern));
    return;
  }
  if (run.isInterrupted) return;
  const [first] = found;
  if (first === undefined) {
    run.problem(remoteMessages.notListed(pattern));
  } else if (found.length === 1 && first.path.endsWith('/') && first.status.type === 'directory') {
    await listFolder(run, { folder: first.path, shownFrom }, flags);
  } else {
    const shown = found.map(({ path: name, status }) => ({
      name,
      shownName: shorten(name, shownFrom),
      measuredName: name,
      status,
    }));
    await show(run, shown, flags);
  }
}

function shorten(path: string, folder: string | undefined): string {
  return folder === undefined ? path : withoutFolder(path, folder);
}

async function listFolder(
  run: CommandRun,
  { folder, shownFrom }: { readonly folder: string; readonly shownFrom: string | undefined },
  flags: ListFlags,
): Promise<void> {
  const entries = await run.attempt(run.files.readFolder(folder), (reason) =>
    remoteMessages.listFailed(folder, reason),
  );
  if (entries === undefined || run.isInterrupted) return;
  const shownFolder = shorten(folder, shownFrom);
  const shown = entries
    .filter(({ name }) => flags.all || !name.startsWith('.'))
    .map(({ name, status, entry }) => ({
      name,
      shownName: shorten(joinPath(folder, name), shownFrom),
      measuredName: shownFolder + name,
      status,
      entry,
    }));
  await show(run, shown, flags);
}

async function show(run: CommandRun, files: readonly Shown[], flags: ListFlags): Promise<void> {
  const { report } = run.session;
  const sorted = sortEntries(files, flags);
  if (flags.view === 'long') {
    const lines = await longLines(run, sorted, flags);
    if (!run.isInterrupted) report.print(lines.map((line) => `${line}\n`).join(''));
    return;
  }
  const names = sorted.map(({ shownName }) => report.show(shownName));
  if (flags.view === 'single') {
    report.print(names.map((name) => `${name}\n`).join(''));
    return;
  }
  let widestName = 0;
  for (const { measuredName } of sorted) {
    widestName = Math.max(widestName, displayColumns(report.show(measuredName)));
  }
  report.print(formatColumns(names, { width: terminalColumns(), widestName }));
}

async function longLines(run: CommandRun, files: readonly Shown[], flags: ListFlags): Promise<readonly string[]> {
  const { client, report } = run.session;
  const { name: extension } = extensionTable.usersGroupsById;
  const hasNames = client.extensions.has(extension);
  const owners = hasNames && !flags.numeric ? await ownersOf(run, files) : { users: new Map(), groups: new Map() };
  const now = Date.now() / 1000;
  return files.map(({ shownName, status, entry }) => {
    if (!hasNames && !flags.numeric && !flags.humanSizes && entry !== undefined) {
      return report.show(byteStringOf(entry.longName));
    }
    return formatLongLine(report.show(shownName), status, {
      owner: owners.users.get(status.uid ?? -1),
      group: owners.groups.get(status.gid ?? -1),
      humanSizes: flags.humanSizes,
      now,
    });
  });
}

interface Owners {
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
}

/** The names that the server has for the owners, as they may be shown. */
async function ownersOf(run: CommandRun, files: readonly Shown[]): Promise<Owners> {
  const users = distinct(files.map(({ status }) => status.uid));
  const groups = distinct(files.map(({ status }) => status.gid));
  const names = await run.session.client.usersGroupsById({ users, groups }, run.call).catch(() => undefined);
  const named = (ids: readonly number[], texts: readonly string[] = []): ReadonlyMap<number, string> =>
    new Map(
      ids.flatMap((id, index) => {
        const text = texts[index] ?? '';
        return text === '' ? [] : [[id, run.session.report.show(byteString(text))] as const];
      }),
    );
  return { users: named(users, names?.users), groups: named(groups, names?.groups) };
}

const mostIds = 1000;

function distinct(ids: readonly (number | undefined)[]): readonly number[] {
  return [...new Set(ids.filter((id) => id !== undefined))].slice(0, mostIds);
}

/** Of the terminal that the user types on. */
export function terminalColumns(): number {
  try {
    return windowSize(0).columns || defaultColumns;
  } catch (error) {
    if (error instanceof SystemError) return defaultColumns;
    throw error;
  }
}
