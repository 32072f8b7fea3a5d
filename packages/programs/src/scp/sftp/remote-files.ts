// The files of a server in the place of our own: a download whose other end is a second server, which is how scp copies
// between two hosts. Writes are sent ahead and settled before a file is closed, so that a failed one is never missed.

import type { FileStatus } from 'sallyport/sftp/file-status';
import type { LocalEntry, LocalFile, LocalFiles, LocalStatus } from 'sallyport/sftp/local-files';
import type { RemoteFile } from 'sallyport/sftp/remote-file';
import type { SftpClient } from 'sallyport/sftp/sftp-client';
import { SftpError } from 'sallyport/sftp/sftp-error';

/** Bytes of one file that may be on their way. */
const aheadBytes = 4 * 1024 * 1024;

export function remoteFiles(client: SftpClient): LocalFiles {
  return {
    async open(path, { createPermissions, truncate }) {
      const mode = createPermissions === undefined ? 'r' : truncate === true ? 'w' : writeKeeping;
      const attributes = createPermissions === undefined ? {} : { permissions: createPermissions };
      return new RemoteLocalFile(await client.open(path, mode, { attributes }).catch(openFailed));
    },
    async status(path, options = {}) {
      try {
        return localStatus(await (options.noFollow === true ? client.lstat(path) : client.stat(path)));
      } catch (error) {
        if (error instanceof SftpError && error.code === 'no-such-file') return undefined;
        throw error;
      }
    },
    async list(path): Promise<LocalEntry[]> {
      const entries = await client.list(path);
      return entries.map(({ nameBytes, type }) => ({ name: nameBytes, type: localType(type) }));
    },
    async makeDirectory(path, permissions) {
      await client.mkdir(path, { attributes: { permissions } });
      // The server's mask is not ours: a folder gets the permissions of its original, where the server sets any.
      await client.setstat(path, { permissions }).catch((error: unknown) => {
        if (!(error instanceof SftpError)) throw error;
      });
    },
    setPermissions: (path, permissions) => client.setstat(path, { permissions }),
    setTimes: (path, accessTime, modificationTime) => client.setstat(path, { accessTime, modificationTime }),
    rename: (from, to) => client.rename(from, to),
    remove: (path) => client.remove(path),
  };
}

/** Told apart from a source that cannot be opened. */
function openFailed(error: unknown): never {
  if (!(error instanceof SftpError)) throw error;
  const { code, pathBytes: path, reason, status } = error;
  throw new SftpError(code, { operation: 'dest open', path }, { reason, ...(status === undefined ? {} : { status }) });
}

/** SSH_FXF_WRITE and SSH_FXF_CREAT: what is there stays until it is written over. */
const writeKeeping = 0x02 | 0x08;

class RemoteLocalFile implements LocalFile {
  readonly #file: RemoteFile;
  readonly #ahead = new Set<Promise<void>>();
  #aheadBytes = 0;
  #failure: unknown;

  constructor(file: RemoteFile) {
    this.#file = file;
  }

  async read(buffer: Uint8Array, position: number): Promise<number> {
    const data = await this.#file.read(position, buffer.length);
    buffer.set(data);
    return data.length;
  }

  /** The data is copied: the caller uses its memory again. */
  async write(data: Uint8Array, position: number): Promise<void> {
    while (this.#aheadBytes >= aheadBytes) await Promise.race(this.#ahead);
    this.#throwFailure();
    // Not by slice(), which copies nothing of a Buffer.
    const own = new Uint8Array(data);
    const writing = this.#file
      .write(position, own)
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#ahead.delete(writing);
        this.#aheadBytes -= data.length;
      });
    this.#ahead.add(writing);
    this.#aheadBytes += data.length;
  }

  async status(): Promise<LocalStatus> {
    await this.#settle();
    return localStatus(await this.#file.stat());
  }

  async truncate(length: number): Promise<void> {
    await this.#settle();
    await this.#file.setstat({ size: length });
  }

  async setPermissions(permissions: number): Promise<void> {
    await this.#settle();
    await this.#file.setstat({ permissions });
  }

  async setTimes(accessTime: number, modificationTime: number): Promise<void> {
    await this.#settle();
    await this.#file.setstat({ accessTime, modificationTime });
  }

  async sync(): Promise<void> {
    await this.#settle();
    await this.#file.sync();
  }

  async close(): Promise<void> {
    try {
      await this.#settle();
    } finally {
      await this.#file.close();
    }
  }

  async #settle(): Promise<void> {
    await Promise.all(this.#ahead);
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}

function localStatus(status: FileStatus): LocalStatus {
  return {
    type: localType(status.type),
    size: status.size ?? 0,
    permissions: status.permissions ?? 0o666,
    accessTime: status.accessTime ?? 0,
    modificationTime: status.modificationTime ?? 0,
  };
}

function localType(type: FileStatus['type']): LocalStatus['type'] {
  return type === 'file' || type === 'directory' || type === 'symlink' ? type : 'other';
}
