// Files and trees between a server and us: what SftpClient offers, and what sftp and scp are built on. Each call is a
// transfer of its own, with a window and a limit of its own.

import type { FileStatus } from '../file-status.ts';
import { fileStatus } from '../file-status.ts';
import { baseName, isSafeName, joinPath } from '../names.ts';
import { attributesOf } from '../replies.ts';
import type { SftpCalls } from '../sftp-calls.ts';
import { SftpError } from '../sftp-error.ts';
import { downloadOne, regularStatus } from './download-file.ts';
import { downloadFolder } from './download-tree.ts';
import { tryLocally } from './local-call.ts';
import { Transfer } from './transfer.ts';
import type { TransferOptions, TransferSummary } from './transfer-options.ts';

import { uploadOne } from './upload-file.ts';
import { uploadFolder } from './upload-tree.ts';

export { TransferGroup } from './transfer-group.ts';
export type { TransferOptions, TransferSummary };

/** The two ends of a transfer. */
export interface TransferPaths {
  readonly remotePath: Uint8Array;
  readonly localPath: Uint8Array;
}

type Work = (transfer: Transfer, paths: TransferPaths) => Promise<readonly SftpError[]>;

const oneDown = async (transfer: Transfer, paths: TransferPaths, known?: FileStatus): Promise<SftpError[]> => {
  transfer.progress.totalFiles = 1;
  const status = await regularStatus(transfer, { ...paths, ...(known === undefined ? {} : { status: known }) });
  transfer.progress.totalBytes = status.size ?? 0;
  transfer.progress.isListed = true;
  await downloadOne(transfer, { ...paths, status });
  return [];
};

const oneUp: Work = async (transfer, paths) => {
  transfer.progress.totalFiles = 1;
  transfer.progress.isListed = true;
  await uploadOne(transfer, paths);
  return [];
};

/** One file to us, with this very name. */
export function downloadFile(
  calls: SftpCalls,
  paths: TransferPaths,
  { status, ...options }: TransferOptions & { readonly status?: FileStatus | undefined },
): Promise<TransferSummary> {
  return perform(calls, { paths, options, work: (transfer) => oneDown(transfer, paths, status) });
}

/** One file to the server, with this very name. */
export function uploadFile(calls: SftpCalls, paths: TransferPaths, options: TransferOptions): Promise<TransferSummary> {
  return perform(calls, { paths, options, work: oneUp });
}

/** What is in the server's folder into ours, which is made if it is not there. */
export function downloadTree(
  calls: SftpCalls,
  paths: TransferPaths,
  options: TransferOptions,
): Promise<TransferSummary> {
  return perform(calls, { paths, options, work: downloadFolder });
}

/** What is in our folder into the server's, which is made if it is not there. */
export function uploadTree(calls: SftpCalls, paths: TransferPaths, options: TransferOptions): Promise<TransferSummary> {
  return perform(calls, { paths, options, work: uploadFolder });
}

/**
 * A file, or a folder with all that is in it; into `localPath` where that is a folder. Rejects with the first failure.
 */
export async function download(
  calls: SftpCalls,
  paths: TransferPaths,
  options: TransferOptions,
): Promise<TransferSummary> {
  const work: Work = async (transfer, { remotePath, localPath }) => {
    const status = fileStatus(await calls.ask('stat', remotePath, { pick: attributesOf }));
    const there = await tryLocally('stat', localPath, () => transfer.local.status(localPath));
    const inside = there?.type === 'directory' ? below(localPath, remotePath) : localPath;
    const paths = { remotePath, localPath: inside };
    return status.type === 'directory' ? downloadFolder(transfer, paths) : oneDown(transfer, paths, status);
  };
  return whole(await perform(calls, { paths, options, work }));
}

/**
 * A file, or a folder with all that is in it; into `remotePath` where that is a folder. Rejects with the first failure.
 */
export async function upload(
  calls: SftpCalls,
  paths: TransferPaths,
  options: TransferOptions,
): Promise<TransferSummary> {
  const work: Work = async (transfer, { remotePath, localPath }) => {
    const status = await tryLocally('stat', localPath, () => transfer.local.status(localPath));
    const isInside = await isRemoteFolder(calls, remotePath);
    const target = isInside ? below(remotePath, localPath) : remotePath;
    const isFolder = status?.type === 'directory';
    return (isFolder ? uploadFolder : oneUp)(transfer, { remotePath: target, localPath });
  };
  return whole(await perform(calls, { paths, options, work }));
}

/** The last name of a path in a folder; the folder itself where that name is none, as of `..`. */
function below(folder: Uint8Array, path: Uint8Array): Uint8Array {
  const name = baseName(path);
  return isSafeName(name) ? joinPath(folder, name) : folder;
}

async function perform(
  calls: SftpCalls,
  job: { readonly paths: TransferPaths; readonly options: TransferOptions; readonly work: Work },
): Promise<TransferSummary> {
  await calls.limitsKnown;
  const transfer = new Transfer(calls, job.options);
  const failures = await transfer.run(() => job.work(transfer, job.paths));
  const { files, folders, bytes } = transfer.progress;
  return { files, folders, bytes, failures };
}

function whole(summary: TransferSummary): TransferSummary {
  const [first] = summary.failures;
  if (first !== undefined) throw first;
  return summary;
}

async function isRemoteFolder(calls: SftpCalls, path: Uint8Array): Promise<boolean> {
  try {
    return fileStatus(await calls.ask('stat', path, { pick: attributesOf })).type === 'directory';
  } catch (error) {
    if (error instanceof SftpError) return false;
    throw error;
  }
}
