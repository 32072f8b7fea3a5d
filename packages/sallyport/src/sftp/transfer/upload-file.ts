// One file of ours to the server. It counts as done when the server has confirmed every write and the close. What is
// not a regular file is refused.

import { openFlags } from '@sallyport/protocol/sftp/packets';

import { SshError } from '../../errors.ts';
import { fileAttributes, fileStatus } from '../file-status.ts';
import type { LocalFile, LocalStatus } from '../local-files.ts';
import { openRemote } from '../open-remote.ts';
import type { RemoteFile } from '../remote-file.ts';
import { attributesOf, isDone } from '../replies.ts';
import { SftpError } from '../sftp-error.ts';
import { BlockWriter } from './block-writer.ts';
import { compareDigests } from './digest.ts';
import { temporaryName } from './download-file.ts';
import { tryLocally } from './local-call.ts';
import type { Transfer } from './transfer.ts';
import type { FileProgress } from './transfer-options.ts';

export interface UploadJob {
  readonly localPath: Uint8Array;
  readonly remotePath: Uint8Array;
  /** Part of a tree whose symlinks are not followed. */
  readonly noFollow?: boolean;
  /** In a folder that was made just now: there is nothing to write over. */
  readonly isNew?: boolean;
}

const permissionBits = 0o777;

/** Rejects with SftpError, or with what ended the transfer. */
export async function uploadOne(transfer: Transfer, job: UploadJob): Promise<void> {
  const { localPath, noFollow = false } = job;
  const source = await tryLocally('open', localPath, () => transfer.local.open(localPath, { noFollow }));
  try {
    const status = await tryLocally('stat', localPath, () => source.status());
    if (status.type !== 'file') {
      const subject = { operation: 'upload', path: localPath };
      throw new SftpError('wrong-file-type', subject, { reason: 'not a regular file' });
    }
    transfer.progress.totalBytes += status.size;
    await send(transfer, job, { source, status });
    transfer.progress.files++;
  } finally {
    await tryLocally('close', localPath, () => source.close());
  }
}

interface Source {
  readonly source: LocalFile;
  readonly status: LocalStatus;
}

async function send(transfer: Transfer, job: UploadJob, { source, status }: Source): Promise<void> {
  const { localPath, remotePath } = job;
  const { options, calls } = transfer;
  const start = options.resume === true ? await resumeAt(transfer, job, status) : 0;
  const isAtomic = options.atomic === true && options.resume !== true;
  const path = isAtomic ? temporaryName(remotePath) : remotePath;
  const { write, create, truncate, exclusive, read } = openFlags;
  const isInPlace = options.inPlace === true && job.isNew !== true;
  const whole = isAtomic ? exclusive : options.resume === true || isInPlace ? 0 : truncate;
  const mode = write | create | whole | (options.verify === 'digest' ? read : 0);
  const attributes = { permissions: status.permissions & permissionBits };
  const target = await openRemote(calls, path, { mode, attributes });
  const file: FileProgress = { remotePath, localPath, totalBytes: status.size, startedAt: start, position: start };
  transfer.hooks.fileStarted?.(file);
  let failure: SshError | undefined;
  try {
    await writeInto(transfer, { source, status, target, file, isInPlace });
    if (options.verify === 'digest') await compareDigests(transfer, target.handle, { remotePath, localPath });
    await target.close();
    if (isAtomic) await renameRemote(transfer, path, remotePath);
  } catch (error) {
    failure = error instanceof SshError ? error : undefined;
    void target.close().catch(() => undefined);
    if (isAtomic) await calls.ask('remove', path, { pick: isDone }).catch(() => undefined);
    throw error;
  } finally {
    transfer.hooks.fileEnded?.(file, failure);
  }
}

/** How much of the file the server has already. */
async function resumeAt(
  transfer: Transfer,
  { remotePath: path, localPath }: UploadJob,
  local: LocalStatus,
): Promise<number> {
  try {
    const { size } = fileStatus(await transfer.calls.ask('stat', path, { pick: attributesOf }));
    if (size !== undefined && size <= local.size) return size;
  } catch (error) {
    if (error instanceof SftpError && error.code === 'no-such-file') return 0;
    throw error;
  }
  const reason = 'remote file is larger than local';
  throw new SftpError('size-mismatch', { operation: 'resume', path: localPath }, { reason });
}

async function writeInto(
  transfer: Transfer,
  job: Source & { readonly target: RemoteFile; readonly file: FileProgress; readonly isInPlace: boolean },
): Promise<void> {
  const { source, status, target, file } = job;
  const range = {
    handle: target.handle,
    subject: { operation: 'write', path: file.remotePath },
    source,
    sourcePath: file.localPath,
    start: file.startedAt,
    expectedEnd: status.size,
  };
  const writer = new BlockWriter(transfer, range, (bytes) => {
    file.position += bytes;
    transfer.progress.moved(bytes);
  });
  const forget = transfer.onAbort((error) => writer.stop(error));
  try {
    const { end, endsInHole } = await writer.run();
    const changes = {
      ...(endsInHole || job.isInPlace ? { size: end } : {}),
      ...(transfer.options.preserve === true ? preserved(status) : {}),
    };
    if (Object.keys(changes).length > 0) await target.setAttributes(fileAttributes(changes));
    if (transfer.options.sync === true) await target.sync();
  } finally {
    forget();
  }
}

/** What `preserve` sets on a copy. */
export function preserved(status: LocalStatus): {
  readonly permissions: number;
  readonly accessTime: number;
  readonly modificationTime: number;
} {
  const { accessTime, modificationTime } = status;
  return { permissions: status.permissions & permissionBits, accessTime, modificationTime };
}

async function renameRemote(transfer: Transfer, from: Uint8Array, to: Uint8Array): Promise<void> {
  const { calls } = transfer;
  if (calls.has('posixRename')) {
    await calls.extension('posixRename', { from, to }, { path: from, pick: isDone });
    return;
  }
  const subject = { operation: 'rename', path: from };
  await calls.session.ask((engine) => engine.request('rename', { from, to }), { subject, pick: isDone });
}
