// The server's files as glob and completion look at them. Names that no file can have are told to the user and left
// out; a folder that cannot be read has no names.

import type { CallOptions } from 'sallyport/cancellation';
import { cancellable } from 'sallyport/cancellation';
import type { FileStatus, RemoteEntry } from 'sallyport/sftp/file-status';
import { isSafeName } from 'sallyport/sftp/names';
import type { SftpClient } from 'sallyport/sftp/sftp-client';
import { SftpError } from 'sallyport/sftp/sftp-error';
import { byteStringOf, bytesOf } from '../shared/byte-string.ts';
import type { GlobEntry, GlobFiles } from './glob.ts';
import { remoteMessages } from './messages.ts';
import { problemReason } from './transfer-problem.ts';

export interface ListedEntry extends GlobEntry<FileStatus> {
  readonly entry: RemoteEntry;
}

export interface RemoteFilesOptions {
  /** Gets a sentence about what is wrong. */
  readonly problem: (sentence: string) => void;
  /** Gets one about a folder that a pattern cannot look into, which is no failure: others may fit. */
  readonly remark: (sentence: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export class RemoteFiles implements GlobFiles<FileStatus> {
  readonly #client: SftpClient;
  readonly #options: RemoteFilesOptions;

  constructor(client: SftpClient, options: RemoteFilesOptions) {
    this.#client = client;
    this.#options = options;
  }

  async list(folder: string): Promise<readonly ListedEntry[]> {
    try {
      return (await this.readFolder(folder)).filter(({ name }) => name !== '.' && name !== '..');
    } catch (error) {
      if (!(error instanceof SftpError)) throw error;
      this.#options.remark(remoteMessages.listFailed(folder, problemReason(error)));
      return [];
    }
  }

  /** `.` and `..` included. @throws SftpError */
  async readFolder(folder: string): Promise<readonly ListedEntry[]> {
    const found: ListedEntry[] = [];
    const batches = this.#client.opendir(bytesOf(folder));
    for (;;) {
      // A server that is silent cannot hold up the interrupt key.
      const batch = await cancellable(
        this.#call,
        () => batches.next(),
        () => undefined,
      );
      if (batch.done === true) return found;
      for (const entry of batch.value) {
        const name = byteStringOf(entry.nameBytes);
        if (isSafeName(entry.nameBytes) || name === '.' || name === '..') found.push({ name, status: entry, entry });
        else this.#options.problem(remoteMessages.suspectName(name, folder));
      }
    }
  }

  inspect(path: string): Promise<FileStatus | undefined> {
    return unlessMissing(this.#client.lstat(bytesOf(path), this.#call));
  }

  follow(path: string): Promise<FileStatus | undefined> {
    return unlessMissing(this.#client.stat(bytesOf(path), this.#call));
  }

  get #call(): CallOptions {
    return { signal: this.#options.signal };
  }
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof SftpError) return undefined;
    throw error;
  }
}
