// One file from the server to us. The server's file is opened first, so that nothing of ours is touched when it is not
// there; ours is written from its beginning to its end, never ahead, and counts as done when it has the size that was
// announced.

import { randomBytes } from 'node:crypto';

import { openFlags } from '@sallyport/protocol/sftp/packets';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';

import { SshError } from '../../errors.ts';
import type { FileStatus } from '../file-status.ts';
import { fileStatus } from '../file-status.ts';
import type { LocalFile } from '../local-files.ts';
import { attributesOf, handleOf, isDone } from '../replies.ts';
import { localError, SftpError } from '../sftp-error.ts';
import { BlockReader } from './block-reader.ts';
import { compareDigests } from './digest.ts';
import { tryLocally } from './local-call.ts';
import { SparseSink } from './sparse-sink.ts';
import type { Transfer } from './transfer.ts';
import type { FileProgress } from './transfer-options.ts';

export interface DownloadJob {
  readonly remotePath: Uint8Array;
  readonly localPath: Uint8Array;
  /** What a listing told of the file; asked for when absent. */
  readonly status?: FileStatus;
  /** Part of a tree: the local name must not be a symlink that leads elsewhere. */
  readonly noFollow?: boolean;
}

const permissionBits = 0o777;
const ownerWrite = 0o200;
const defaultPermissions = 0o666;

/** Rejects with SftpError, or with what ended the transfer. */
export async function downloadOne(transfer: Transfer, job: DownloadJob): Promise<void> {
  const status = await regularStatus(transfer, job);
  const start = transfer.options.resume === true ? await resumeAt(transfer, job, status) : 0;
  const { remotePath, localPath } = job;
  const question = { subject: { operation: 'open', path: remotePath }, pick: handleOf };
  const open = { path: remotePath, flags: openFlags.read, attributes: {} };
  const handle = await transfer.calls.session.ask((engine) => engine.request('open', open), question);
  const totalBytes = status.size ?? 0;
  const file: FileProgress = { remotePath, localPath, totalBytes, startedAt: start, position: start };
  transfer.hooks.fileStarted?.(file);
  let failure: SshError | undefined;
  try {
    await receive(transfer, { ...job, status }, { handle, file });
    if (transfer.options.verify === 'digest') await compareDigests(transfer, handle, job);
    transfer.progress.files++;
  } catch (error) {
    failure = error instanceof SshError ? error : undefined;
    throw error;
  } finally {
    closeQuietly(transfer, handle, remotePath);
    transfer.hooks.fileEnded?.(file, failure);
  }
}

/** What is known of the file, or what the server tells. @throws SftpError when it is known to be no regular one */
export async function regularStatus(transfer: Transfer, job: DownloadJob): Promise<FileStatus> {
  const known = job.status;
  const isEnough = known !== undefined && known.size !== undefined && known.type === 'file';
  const status = isEnough
    ? known
    : fileStatus(await transfer.calls.ask('stat', job.remotePath, { pick: attributesOf }));
  if (status.type === 'file' || status.type === 'unknown') return status;
  const subject = { operation: 'download', path: job.remotePath };
  throw new SftpError('wrong-file-type', subject, { reason: 'not a regular file' });
}

/** How much of the file is here already. */
async function resumeAt(transfer: Transfer, job: DownloadJob, remote: FileStatus): Promise<number> {
  const { localPath, noFollow = false } = job;
  const local = await tryLocally('stat', localPath, () => transfer.local.status(localPath, { noFollow }));
  if (local === undefined) return 0;
  if (remote.size !== undefined && local.size <= remote.size) return local.size;
  const reason = 'local file is larger than remote';
  throw new SftpError('size-mismatch', { operation: 'resume', path: localPath }, { reason });
}

interface Opened {
  readonly handle: Uint8Array;
  readonly file: FileProgress;
}

async function receive(
  transfer: Transfer,
  job: DownloadJob & { readonly status: FileStatus },
  { handle, file }: Opened,
): Promise<void> {
  const { status, localPath, remotePath, noFollow = false } = job;
  const { options, local } = transfer;
  const isAtomic = options.atomic === true && file.startedAt === 0;
  const path = isAtomic ? temporaryName(localPath) : localPath;
  const permissions = (status.permissions ?? defaultPermissions) & permissionBits;
  const target = await tryLocally('open', localPath, () =>
    local.open(path, {
      createPermissions: permissions | ownerWrite,
      truncate: file.startedAt === 0 && options.inPlace !== true,
      noFollow: noFollow || isAtomic,
    }),
  );
  try {
    try {
      await readInto(transfer, { handle, file, target, expectedSize: status.size });
      await finishLocal(transfer, target, { localPath, status, permissions });
    } finally {
      await tryLocally('close', localPath, () => target.close());
    }
    if (isAtomic) await tryLocally('rename', localPath, () => local.rename(path, localPath));
  } catch (error) {
    if (isAtomic) await discard(transfer, path);
    throw error instanceof SshError ? error : localError('write', remotePath, error);
  }
}

/** Of two failures the first one is told. */
async function discard(transfer: Transfer, path: Uint8Array): Promise<void> {
  try {
    await transfer.local.remove(path);
  } catch {
    // It was not made.
  }
}

async function readInto(
  transfer: Transfer,
  job: Opened & { readonly target: LocalFile; readonly expectedSize: number | undefined },
): Promise<void> {
  const { handle, file, target, expectedSize } = job;
  const sink = new SparseSink(target, transfer.options.sparse === true);
  const range = {
    handle,
    subject: { operation: 'read', path: file.remotePath },
    start: file.startedAt,
    // A size of 0 may be that of a file which is made while it is read.
    end: expectedSize === undefined || expectedSize === 0 ? undefined : expectedSize,
  };
  const moved = (data: Uint8Array, position: number): void => {
    file.position = position + data.length;
    transfer.progress.moved(data.length);
  };
  const reader = new BlockReader(transfer, range, {
    putNow: (data, position) => {
      const isDone = tryLocally('write', file.localPath, () => sink.putNow(data, position)) === true;
      if (isDone) moved(data, position);
      return isDone;
    },
    put: (data, position) => {
      moved(data, position);
      return tryLocally('write', file.localPath, () => sink.put(data, position));
    },
  });
  const forget = transfer.onAbort((error) => reader.stop(error));
  try {
    const end = await reader.run();
    if (range.end !== undefined && end !== range.end) {
      const reason = `the file ended after ${end} of ${range.end} bytes`;
      throw new SftpError('size-mismatch', { operation: 'read', path: file.remotePath }, { reason });
    }
    if (sink.endsInHole || transfer.options.inPlace === true)
      await tryLocally('truncate', file.localPath, () => target.truncate(end));
  } finally {
    forget();
  }
}

async function finishLocal(
  transfer: Transfer,
  target: LocalFile,
  copy: { readonly localPath: Uint8Array; readonly status: FileStatus; readonly permissions: number },
): Promise<void> {
  const { localPath, status, permissions } = copy;
  if (transfer.options.preserve === true) {
    const { accessTime, modificationTime } = status;
    if (status.permissions !== undefined) {
      await tryLocally('set mode on', localPath, () => target.setPermissions(permissions));
    }
    if (accessTime !== undefined && modificationTime !== undefined) {
      await tryLocally('set times on', localPath, () => target.setTimes(accessTime, modificationTime));
    }
  }
  if (transfer.options.sync === true) await tryLocally('fsync', localPath, () => target.sync());
}

/** A file that was only read: what the server says to its end does not matter. */
function closeQuietly(transfer: Transfer, handle: Uint8Array, path: Uint8Array): void {
  const question = { subject: { operation: 'close', path }, pick: isDone };
  void transfer.calls.session.ask((engine) => engine.request('close', { handle }), question).catch(() => undefined);
}

/** A name beside the target that nobody has. */
export function temporaryName(path: Uint8Array): Uint8Array {
  return concatBytes(path, utf8Encode(`.${randomBytes(6).toString('hex')}.part`));
}
