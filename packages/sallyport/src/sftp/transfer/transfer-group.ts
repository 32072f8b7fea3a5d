// Several files and trees as one transfer: they share the window, the limit of the rate and the hooks. For programs
// that copy what a user names one by one.

import type { FileStatus } from '../file-status.ts';
import { pathBytes, type SftpPath } from '../names.ts';
import type { SftpCalls } from '../sftp-calls.ts';
import type { SftpError } from '../sftp-error.ts';
import { downloadOne } from './download-file.ts';
import { downloadFolder } from './download-tree.ts';
import { Transfer } from './transfer.ts';
import type { TransferOptions } from './transfer-options.ts';
import { uploadOne } from './upload-file.ts';
import { uploadFolder } from './upload-tree.ts';

/** Every method rejects with SftpError, or with what ended the session. Made by SftpClient.group(). */
export class TransferGroup {
  readonly #transfer: Promise<Transfer>;

  /** A signal in the options is not looked at. */
  constructor(calls: SftpCalls, options: TransferOptions) {
    this.#transfer = calls.limitsKnown.then(() => new Transfer(calls, options));
    // Whoever transfers something hears of it.
    this.#transfer.catch(() => undefined);
  }

  /** One file to us, with this very name; `status` saves asking for it. */
  async downloadFile(remotePath: SftpPath, localPath: SftpPath, status?: FileStatus): Promise<void> {
    const paths = { remotePath: pathBytes(remotePath), localPath: pathBytes(localPath) };
    await downloadOne(await this.#transfer, status === undefined ? paths : { ...paths, status });
  }

  /** What is in the server's folder into ours; what failed in it. */
  async downloadTree(remotePath: SftpPath, localPath: SftpPath): Promise<readonly SftpError[]> {
    const paths = { remotePath: pathBytes(remotePath), localPath: pathBytes(localPath) };
    return await downloadFolder(await this.#transfer, paths);
  }

  /** One file to the server, with this very name. */
  async uploadFile(localPath: SftpPath, remotePath: SftpPath): Promise<void> {
    const paths = { remotePath: pathBytes(remotePath), localPath: pathBytes(localPath) };
    await uploadOne(await this.#transfer, paths);
  }

  /** What is in our folder into the server's; what failed in it. */
  async uploadTree(localPath: SftpPath, remotePath: SftpPath): Promise<readonly SftpError[]> {
    const paths = { remotePath: pathBytes(remotePath), localPath: pathBytes(localPath) };
    return await uploadFolder(await this.#transfer, paths);
  }
}
