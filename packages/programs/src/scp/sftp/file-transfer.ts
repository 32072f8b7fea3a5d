// The transfers of one session with what scp asks for: existing files are written over in place, symlinks are followed,
// what fails is told, and each file has its line of progress.

import type { LocalFiles } from 'sallyport/sftp/local-files';
import { baseName } from 'sallyport/sftp/names';
import { synchronousFiles } from 'sallyport/sftp/node-files';
import type { SftpClient } from 'sallyport/sftp/sftp-client';
import type { SftpError } from 'sallyport/sftp/sftp-error';
import type { TransferGroup } from 'sallyport/sftp/transfer/transfer-group';
import type { FileProgress, TransferHooks } from 'sallyport/sftp/transfer/transfer-options';
import { byteStringOf, bytesOf } from '../../shared/byte-string.ts';
import { hasProgress } from '../../shared/progress-meter.ts';
import type { CopySetting } from '../copy-setting.ts';
import { fileMessages, verboseMessages } from '../messages.ts';
import type { Direction } from './failure-sentence.ts';
import { failureSentence } from './failure-sentence.ts';
import { orReport } from './file-connection.ts';
import type { RemoteMatch } from './remote-path.ts';

/** What a request carries unless the server is asked how much it takes; for -X nrequests without buffer. */
const usualRequestBytes = 32 * 1024;

export interface FileTransferOptions {
  readonly direction: Direction;
  /** Where the other end is, when it is not this machine. */
  readonly others?: LocalFiles;
}

export class FileTransfer {
  readonly #group: TransferGroup;
  readonly #setting: CopySetting;

  constructor(client: SftpClient, setting: CopySetting, { direction, others }: FileTransferOptions) {
    const { preserve, limitBytesPerSecond, requests, bufferBytes } = setting.invocation;
    this.#setting = setting;
    this.#group = client.group({
      preserve,
      limitBytesPerSecond,
      requestBytes: bufferBytes,
      windowBytes: requests === undefined ? undefined : requests * (bufferBytes ?? usualRequestBytes),
      symlinks: 'follow',
      inPlace: true,
      localFiles: others ?? synchronousFiles(),
      hooks: this.#hooks(direction),
    });
  }

  /** A file, or with -r a folder. Never rejects for what is wrong with a file: that is reported. */
  async download({ path, status }: RemoteMatch, target: string): Promise<void> {
    const [from, to] = [bytesOf(path), bytesOf(target)];
    const isTree = this.#setting.invocation.recursive && status.type === 'directory';
    this.#tell(path, target);
    await orReport(this.#setting.report, 'download', async () => {
      if (isTree) await this.#group.downloadTree(from, to);
      else await this.#group.downloadFile(from, to, status);
    });
  }

  /** Whether all of it arrived. */
  async upload(path: string, target: string, isTree: boolean): Promise<boolean> {
    const [from, to] = [bytesOf(path), bytesOf(target)];
    this.#tell(path, target);
    const failures = await orReport(this.#setting.report, 'upload', async () => {
      if (isTree) return await this.#group.uploadTree(from, to);
      await this.#group.uploadFile(from, to);
      return [];
    });
    return failures?.length === 0;
  }

  #tell(path: string, target: string): void {
    this.#setting.report.debug?.({ level: 'debug1', text: verboseMessages.copying(path, target) });
  }

  #hooks(direction: Direction): TransferHooks {
    const { meter, report } = this.#setting;
    const shown = new Map<FileProgress, () => void>();
    return {
      failed: (error: SftpError) => report.error(failureSentence(error, direction)),
      fileStarted: (file) => {
        if (meter === undefined || !hasProgress(file, direction === 'download' ? 'down' : 'up')) return;
        const name = baseName(direction === 'download' ? file.remotePath : file.localPath);
        shown.set(file, meter.start({ name, total: file.totalBytes, position: () => file.position }));
      },
      fileEnded: (file) => {
        shown.get(file)?.();
        shown.delete(file);
      },
      skipped: (path) => report.remark(fileMessages.skipped(byteStringOf(path))),
    };
  }
}
