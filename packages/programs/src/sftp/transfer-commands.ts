// get and put: which files by a pattern, whereto, and what is said about each. The library moves the bytes; here its
// errors become sentences, and its progress the meter.

import { statSync } from 'node:fs';
import type { FileStatus } from 'sallyport/sftp/file-status';
import { SftpError } from 'sallyport/sftp/sftp-error';
import type { TransferSummary } from 'sallyport/sftp/transfer/transfer-options';
import { bytesOf, pathOf } from '../shared/byte-string.ts';
import { reasonOf } from '../shared/failure-reason.ts';
import type { GlobMatch, GlobStatus } from './glob.ts';
import { glob, TooManyMatches } from './glob.ts';
import { localFiles } from './local-files.ts';
import { transferMessages } from './messages.ts';
import type { Command, TransferFlags } from './parse-command.ts';
import { absolutePath, baseName, joinPath } from './paths.ts';
import type { CommandRun } from './session.ts';
import { patternAsPath } from './split-line.ts';
import { transferOptions } from './transfer-options.ts';
import { sentenceOf } from './transfer-problem.ts';

type TransferCommand = Extract<Command, { readonly kind: 'get' | 'put' }>;

export async function getFiles(run: CommandRun, { source, target, flags }: TransferCommand): Promise<void> {
  const pattern = run.session.absolutePattern(source);
  const options = { marksFolders: true, signal: run.signal };
  const found = await findFiles(run, pattern, () => glob(pattern, run.files, options));
  if (found === undefined || run.isInterrupted) return;
  if (found.length === 0) {
    run.problem(transferMessages.notFound(pattern));
    return;
  }
  const isIntoFolder = target !== undefined && isLocalFolder(target);
  if (found.length > 1 && target !== undefined && !isIntoFolder) {
    run.problem(transferMessages.sourcesNeedFolder(target));
    return;
  }
  for (const { path, status } of found) {
    if (run.isInterrupted) return;
    const name = baseName(path);
    const to = target === undefined ? name : isIntoFolder ? joinPath(target, name) : target;
    // Of several files the last ones are looked at when it is their turn.
    await getOne(run, { from: path, to, ...(found.length === 1 ? { status } : {}) }, flags);
  }
}

interface Transfer {
  readonly from: string;
  readonly to: string;
  /** Of the source, when it was asked for just now. */
  readonly status?: FileStatus;
}

async function getOne(run: CommandRun, { from, to, status }: Transfer, flags: TransferFlags): Promise<void> {
  const { client, defaults } = run.session;
  const resume = flags.resume || defaults.resume;
  announce(run, resume ? transferMessages.resuming(from, to) : transferMessages.fetching(from, to));
  const isTree = from.endsWith('/') && (flags.recursive || defaults.recursive);
  if (!isTree) {
    const options = { ...transferOptions(run, flags, 'down'), status };
    const summary = await perform(run, 'down', client.downloadFile(bytesOf(from), bytesOf(to), options));
    if (resume && summary?.bytes === 0) run.session.report.note(transferMessages.unchanged(to));
    return;
  }
  const folder = from.replace(/(?<=.)\/+$/s, '');
  await perform(run, 'down', client.downloadTree(bytesOf(folder), bytesOf(to), transferOptions(run, flags, 'down')));
}

export async function putFiles(run: CommandRun, { source, target, flags }: TransferCommand): Promise<void> {
  const matches = await findFiles(run, source, () => glob(source, localFiles, { marksFolders: true }));
  if (matches === undefined) return;
  // Without a match the pattern is a name, of which stat says what is wrong.
  const found = matches.length === 0 ? [patternAsPath(source)] : matches.map(({ path }) => path);
  const folder = target === undefined ? undefined : run.session.absolute(target);
  const isIntoFolder = folder === undefined || (await run.files.follow(folder))?.type === 'directory';
  if (found.length > 1 && !isIntoFolder) {
    run.problem(transferMessages.pathsNeedFolder(folder));
    return;
  }
  for (const path of found) {
    if (run.isInterrupted) return;
    const name = baseName(path);
    const to =
      folder === undefined ? absolutePath(name, run.session.folder) : isIntoFolder ? joinPath(folder, name) : folder;
    await putOne(run, { from: path, to }, flags);
  }
}

async function putOne(run: CommandRun, { from, to }: Transfer, flags: TransferFlags): Promise<void> {
  const { client, defaults } = run.session;
  try {
    statSync(pathOf(from));
  } catch (error) {
    run.problem(transferMessages.statFailed(from, reasonOf(error)));
    return;
  }
  const resume = flags.resume || defaults.resume;
  announce(run, resume ? transferMessages.resumingUpload(from, to) : transferMessages.uploading(from, to));
  const isTree = from.endsWith('/') && (flags.recursive || defaults.recursive);
  const upload = isTree ? client.uploadTree.bind(client) : client.uploadFile.bind(client);
  await perform(run, 'up', upload(bytesOf(from), bytesOf(to), transferOptions(run, flags, 'up')));
}

function announce(run: CommandRun, sentence: string): void {
  if (!run.session.isQuiet) run.session.report.say(sentence);
}

/** undefined when there are too many, which has been said. */
async function findFiles<Status extends GlobStatus>(
  run: CommandRun,
  pattern: string,
  search: () => Promise<readonly GlobMatch<Status>[]>,
): Promise<readonly GlobMatch<Status>[] | undefined> {
  try {
    return await search();
  } catch (error) {
    if (!(error instanceof TooManyMatches)) throw error;
    run.problem(transferMessages.tooMany(pattern));
    return undefined;
  }
}

async function perform(
  run: CommandRun,
  direction: 'down' | 'up',
  transfer: Promise<TransferSummary>,
): Promise<TransferSummary | undefined> {
  try {
    const summary = await transfer;
    // What failed in a tree has been said when it did.
    if (summary.failures.length > 0) run.fail();
    return summary;
  } catch (error) {
    if (!(error instanceof SftpError)) throw error;
    run.problem(sentenceOf(error, direction));
    return undefined;
  }
}

function isLocalFolder(path: string): boolean {
  try {
    return statSync(pathOf(path)).isDirectory();
  } catch {
    return false;
  }
}
