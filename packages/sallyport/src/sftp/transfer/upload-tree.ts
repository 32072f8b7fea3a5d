// A folder of ours and all that is in it, to the server. Folders that the server has already are used. Symlinks are
// left out or followed, never made.

import type { FileStatus } from '../file-status.ts';
import { fileAttributes, fileStatus } from '../file-status.ts';
import type { LocalEntry, LocalStatus } from '../local-files.ts';
import { joinPath } from '../names.ts';
import { attributesOf, isDone } from '../replies.ts';
import { SftpError } from '../sftp-error.ts';
import { maximumDepth } from '../walk.ts';
import { tryLocally } from './local-call.ts';
import type { TreeItem } from './run-tree.ts';
import { failedItem, TreeRun } from './run-tree.ts';
import type { Transfer } from './transfer.ts';
import type { UploadJob } from './upload-file.ts';
import { preserved, uploadOne } from './upload-file.ts';

interface Folder {
  readonly localPath: Uint8Array;
  readonly remotePath: Uint8Array;
  readonly status: LocalStatus;
  readonly depth: number;
  /** Whether it was made for this; what was there already keeps its permissions. */
  isNew: boolean;
}

/** The sticky bit is one: a folder that many may write to stays safe. */
const permissionBits = 0o1777;
const ownerFull = 0o700;

/** What failed, a file or folder each; rejects with what ended the whole. */
export async function uploadFolder(
  transfer: Transfer,
  paths: { readonly localPath: Uint8Array; readonly remotePath: Uint8Array },
): Promise<readonly SftpError[]> {
  const { localPath } = paths;
  const status = await tryLocally('stat', localPath, () => transfer.local.status(localPath));
  if (status?.type !== 'directory') {
    throw new SftpError('wrong-file-type', { operation: 'upload', path: localPath }, { reason: 'not a directory' });
  }
  const run = new TreeRun<Folder>(transfer, {
    open: (folder) => openFolder(transfer, folder),
    close: (folder) => closeFolder(transfer, folder),
  });
  return run.run({ ...paths, status, depth: 0, isNew: false });
}

async function* openFolder(transfer: Transfer, folder: Folder): AsyncGenerator<TreeItem<Folder>[], void, undefined> {
  const { localPath, remotePath, depth } = folder;
  if (depth > maximumDepth) {
    const reason = 'Maximum directory depth exceeded';
    throw new SftpError('limit-exceeded', { operation: 'upload', path: localPath }, { reason });
  }
  const entries = await tryLocally('list', localPath, () => transfer.local.list(localPath));
  folder.isNew = await makeFolder(transfer, folder);
  transfer.progress.folders++;
  transfer.hooks.folderEntered?.({ remotePath, localPath });
  const items = await Promise.all(
    entries.map(async (entry) => {
      try {
        return await itemOf(transfer, folder, entry);
      } catch (error) {
        if (error instanceof SftpError) return failedItem<Folder>(error);
        throw error;
      }
    }),
  );
  yield items.filter((item) => item !== undefined);
}

async function itemOf(transfer: Transfer, folder: Folder, entry: LocalEntry): Promise<TreeItem<Folder> | undefined> {
  const { isNew } = folder;
  const localPath = joinPath(folder.localPath, entry.name);
  const remotePath = joinPath(folder.remotePath, entry.name);
  const noFollow = transfer.options.symlinks !== 'follow';
  if (entry.type === 'file') return fileItem(transfer, { localPath, remotePath, noFollow, isNew });
  if (entry.type === 'directory' || (entry.type === 'symlink' && !noFollow)) {
    const status = await tryLocally('stat', localPath, () => transfer.local.status(localPath, { noFollow }));
    if (status?.type === 'directory') {
      return { kind: 'folder', folder: { localPath, remotePath, status, depth: folder.depth + 1, isNew: false } };
    }
    if (status?.type === 'file' || status === undefined)
      return fileItem(transfer, { localPath, remotePath, noFollow, isNew });
  }
  transfer.hooks.skipped?.(localPath, entry.type === 'symlink' && noFollow ? 'symlink' : 'special');
  return undefined;
}

function fileItem(transfer: Transfer, file: UploadJob): TreeItem<Folder> {
  transfer.progress.totalFiles++;
  return { kind: 'file', run: () => uploadOne(transfer, file) };
}

/** Whether it is new. The server does not say why it refuses a folder: it may be there. */
async function makeFolder(transfer: Transfer, folder: Folder): Promise<boolean> {
  const { remotePath: path, status } = folder;
  const { calls } = transfer;
  const attributes = { permissions: (status.permissions & permissionBits) | ownerFull };
  const question = { subject: { operation: 'mkdir', path }, pick: isDone };
  try {
    await calls.session.ask((engine) => engine.request('mkdir', { path, attributes }), question);
    return true;
  } catch (error) {
    if (!(error instanceof SftpError)) throw error;
    const there = await typeAt(transfer, path);
    if (there === 'directory') return false;
    if (there === undefined) throw error;
    throw new SftpError('wrong-file-type', question.subject, { reason: 'exists but is not a directory' });
  }
}

async function typeAt(transfer: Transfer, path: Uint8Array): Promise<FileStatus['type'] | undefined> {
  try {
    return fileStatus(await transfer.calls.ask('stat', path, { pick: attributesOf })).type;
  } catch (error) {
    if (error instanceof SftpError) return undefined;
    throw error;
  }
}

/**
 * The server's mask has taken something from the permissions of a new folder, and it was made writable for us. Where
 * nobody asked for exact permissions, a server that sets none is no failure.
 */
async function closeFolder(transfer: Transfer, { remotePath: path, status, isNew }: Folder): Promise<void> {
  const isPreserved = transfer.options.preserve === true;
  if (!isPreserved && !isNew) return;
  const permissions = status.permissions & permissionBits;
  const attributes = fileAttributes({ ...(isPreserved ? preserved(status) : {}), permissions });
  const question = { subject: { operation: 'setstat', path }, pick: isDone };
  try {
    await transfer.calls.session.ask((engine) => engine.request('setstat', { path, attributes }), question);
  } catch (error) {
    const isNeeded = isPreserved || (permissions & ownerFull) !== ownerFull;
    if (isNeeded || !(error instanceof SftpError)) throw error;
  }
}
