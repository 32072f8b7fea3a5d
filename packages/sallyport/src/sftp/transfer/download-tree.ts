// A folder of the server and all that is in it. Every name of the server is looked at before it becomes one of ours:
// what would lead out of the folder, or through a symlink that is here already, is refused. Symlinks are never made.

import { readDirectory } from '../directory.ts';
import type { FileStatus, RemoteEntry } from '../file-status.ts';
import { fileStatus } from '../file-status.ts';
import { isDotName, isSafeName, joinPath } from '../names.ts';
import { attributesOf } from '../replies.ts';
import { SftpError } from '../sftp-error.ts';
import { maximumDepth, suspectName } from '../walk.ts';
import { downloadOne } from './download-file.ts';
import { tryLocally } from './local-call.ts';
import type { TreeItem } from './run-tree.ts';
import { failedItem, TreeRun } from './run-tree.ts';
import type { Transfer } from './transfer.ts';

interface Folder {
  readonly remotePath: Uint8Array;
  readonly localPath: Uint8Array;
  readonly status: FileStatus;
  readonly depth: number;
}

const defaultPermissions = 0o777;
/** The sticky bit is one: a folder that many may write to stays safe. */
const permissionBits = 0o1777;
/** What it takes to put something into a folder. */
const ownerFull = 0o700;

/** What failed, a file or folder each; rejects with what ended the whole. */
export async function downloadFolder(
  transfer: Transfer,
  paths: { readonly remotePath: Uint8Array; readonly localPath: Uint8Array },
): Promise<readonly SftpError[]> {
  const { remotePath } = paths;
  const status = fileStatus(await transfer.calls.ask('stat', remotePath, { pick: attributesOf }));
  if (status.type !== 'directory') {
    throw new SftpError('wrong-file-type', { operation: 'download', path: remotePath }, { reason: 'not a directory' });
  }
  const run = new TreeRun<Folder>(transfer, {
    open: (folder) => openFolder(transfer, folder),
    close: (folder) => closeFolder(transfer, folder),
  });
  return run.run({ ...paths, status, depth: 0 });
}

async function* openFolder(transfer: Transfer, folder: Folder): AsyncGenerator<TreeItem<Folder>[], void, undefined> {
  const { remotePath, localPath, depth } = folder;
  if (depth > maximumDepth) {
    const reason = 'Maximum directory depth exceeded';
    throw new SftpError('limit-exceeded', { operation: 'download', path: remotePath }, { reason });
  }
  await makeFolder(transfer, folder);
  transfer.progress.folders++;
  transfer.hooks.folderEntered?.({ remotePath, localPath });
  // It is made, even if nothing is listed: not every server lists `.` and `..`.
  yield [];
  for await (const entries of readDirectory(transfer.calls.session, remotePath)) {
    yield await itemsOf(transfer, folder, entries);
  }
}

/** Asks together about all that the listing did not tell enough of. */
async function itemsOf(
  transfer: Transfer,
  folder: Folder,
  entries: readonly RemoteEntry[],
): Promise<TreeItem<Folder>[]> {
  const named = entries.filter(({ nameBytes }) => !isDotName(nameBytes));
  const items = await Promise.all(named.map((entry) => itemOf(transfer, folder, entry)));
  return items.filter((item) => item !== undefined);
}

async function itemOf(transfer: Transfer, folder: Folder, entry: RemoteEntry): Promise<TreeItem<Folder> | undefined> {
  if (!isSafeName(entry.nameBytes)) return failedItem(suspectName(entry.nameBytes));
  const remotePath = joinPath(folder.remotePath, entry.nameBytes);
  const localPath = joinPath(folder.localPath, entry.nameBytes);
  const isFollowed = entry.type === 'symlink' && transfer.options.symlinks === 'follow';
  if (isFollowed || entry.type === 'unknown') {
    return askedItem(transfer, { remotePath, localPath, depth: folder.depth + 1 });
  }
  if (entry.type === 'directory') {
    return { kind: 'folder', folder: { remotePath, localPath, status: entry, depth: folder.depth + 1 } };
  }
  if (entry.type === 'file') return fileItem(transfer, { remotePath, localPath, status: entry });
  transfer.hooks.skipped?.(remotePath, entry.type === 'symlink' ? 'symlink' : 'special');
  return undefined;
}

type Paths = Pick<Folder, 'remotePath' | 'localPath'>;

function fileItem(transfer: Transfer, file: Paths & { readonly status: FileStatus }): TreeItem<Folder> {
  transfer.progress.totalFiles++;
  transfer.progress.totalBytes += file.status.size ?? 0;
  return { kind: 'file', run: () => downloadOne(transfer, { ...file, noFollow: true }) };
}

/** What a symlink leads to, where it is followed, or what the listing did not tell. */
async function askedItem(
  transfer: Transfer,
  item: Paths & { readonly depth: number },
): Promise<TreeItem<Folder> | undefined> {
  const { remotePath } = item;
  const request = transfer.options.symlinks === 'follow' ? 'stat' : 'lstat';
  let status: FileStatus;
  try {
    status = fileStatus(await transfer.calls.ask(request, remotePath, { pick: attributesOf }));
  } catch (error) {
    if (error instanceof SftpError) return failedItem(error);
    throw error;
  }
  if (status.type === 'directory') return { kind: 'folder', folder: { ...item, status } };
  // A server that tells no types at all is taken at its word that there is something to read.
  if (status.type === 'file' || status.type === 'unknown') return fileItem(transfer, { ...item, status });
  transfer.hooks.skipped?.(remotePath, status.type === 'symlink' ? 'symlink' : 'special');
  return undefined;
}

/** A folder that is there already is used, but below the root no symlink to one. */
async function makeFolder(transfer: Transfer, folder: Folder): Promise<void> {
  const { localPath, status, depth } = folder;
  const noFollow = depth > 0;
  const there = await tryLocally('stat', localPath, () => transfer.local.status(localPath, { noFollow }));
  if (there?.type === 'directory') return;
  if (there !== undefined) {
    const reason = there.type === 'symlink' ? 'is a symlink' : 'is not a directory';
    throw new SftpError('wrong-file-type', { operation: 'local mkdir', path: localPath }, { reason });
  }
  const permissions = ((status.permissions ?? defaultPermissions) & permissionBits) | ownerFull;
  await tryLocally('mkdir', localPath, () => transfer.local.makeDirectory(localPath, permissions));
}

async function closeFolder(transfer: Transfer, folder: Folder): Promise<void> {
  const { localPath, status } = folder;
  const permissions = status.permissions === undefined ? undefined : status.permissions & permissionBits;
  const isWidened = permissions !== undefined && (permissions & ownerFull) !== ownerFull;
  const isPreserved = transfer.options.preserve === true;
  if (permissions !== undefined && (isPreserved || isWidened)) {
    await tryLocally('set mode on', localPath, () => transfer.local.setPermissions(localPath, permissions));
  }
  const { accessTime, modificationTime } = status;
  if (!isPreserved || accessTime === undefined || modificationTime === undefined) return;
  await tryLocally('set times on', localPath, () => transfer.local.setTimes(localPath, accessTime, modificationTime));
}
