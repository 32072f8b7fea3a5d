// The file system as LocalFiles, in two ways: without blocking the process, through the threads of the runtime, or with
// blocking calls, which cost a tenth and are for programs that have nothing else to do.

import type { Dirent, Stats } from 'node:fs';
import * as fs from 'node:fs';
import { promisify } from 'node:util';

import type { LocalEntry, LocalFile, LocalFiles, LocalOpenOptions, LocalStatus } from './local-files.ts';
import { joinPath } from './names.ts';

const { O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = fs.constants;
const permissionBits = 0o7777;

/** Runs in the threads of the runtime: the process goes on meanwhile. The library's own choice. */
export function asynchronousFiles(): LocalFiles {
  const open = promisify(fs.open);
  const stat = promisify(fs.stat);
  const lstat = promisify(fs.lstat);
  const readdir = promisify(fs.readdir);
  const mkdir = promisify(fs.mkdir);
  const calls = fileCalls();
  return {
    isSynchronous: false,
    open: async (path, options) =>
      new AsynchronousFile(await open(buffer(path), flagsOf(options), options.createPermissions), calls),
    async status(path, options = {}) {
      try {
        return localStatus(await (options.noFollow === true ? lstat : stat)(buffer(path)));
      } catch (error) {
        return undefinedIfMissing(error);
      }
    },
    async list(path) {
      const entries = localEntries(await readdir(buffer(path), { withFileTypes: true }));
      if (entries !== undefined) return entries;
      const names = await readdir(buffer(path), { encoding: 'buffer' });
      return await Promise.all(names.map(async (name) => ({ name, type: typeOf(await lstat(inFolder(path, name))) })));
    },
    async makeDirectory(path, permissions) {
      await mkdir(buffer(path), { mode: permissions });
    },
    setPermissions: (path, permissions) => promisify(fs.chmod)(buffer(path), permissions),
    setTimes: (path, accessTime, modificationTime) => promisify(fs.utimes)(buffer(path), accessTime, modificationTime),
    rename: (from, to) => promisify(fs.rename)(buffer(from), buffer(to)),
    remove: (path) => promisify(fs.unlink)(buffer(path)),
  };
}

/** Blocks in every call. */
export function synchronousFiles(): LocalFiles {
  return {
    isSynchronous: true,
    open: (path, options) =>
      new SynchronousFile(fs.openSync(buffer(path), flagsOf(options), options.createPermissions)),
    status(path, options = {}) {
      try {
        return localStatus((options.noFollow === true ? fs.lstatSync : fs.statSync)(buffer(path)));
      } catch (error) {
        return undefinedIfMissing(error);
      }
    },
    list(path) {
      const entries = localEntries(fs.readdirSync(buffer(path), { withFileTypes: true }));
      if (entries !== undefined) return entries;
      const names = fs.readdirSync(buffer(path), { encoding: 'buffer' });
      return names.map((name) => ({ name, type: typeOf(fs.lstatSync(inFolder(path, name))) }));
    },
    makeDirectory(path, permissions) {
      fs.mkdirSync(buffer(path), { mode: permissions });
    },
    setPermissions: (path, permissions) => fs.chmodSync(buffer(path), permissions),
    setTimes: (path, accessTime, modificationTime) => fs.utimesSync(buffer(path), accessTime, modificationTime),
    rename: (from, to) => fs.renameSync(buffer(from), buffer(to)),
    remove: (path) => fs.unlinkSync(buffer(path)),
  };
}

type FileCalls = ReturnType<typeof fileCalls>;

/** Made once for all files. */
function fileCalls() {
  return {
    status: promisify(fs.fstat),
    truncate: promisify(fs.ftruncate),
    setPermissions: promisify(fs.fchmod),
    setTimes: promisify(fs.futimes),
    sync: promisify(fs.fsync),
    close: promisify(fs.close),
  } as const;
}

class AsynchronousFile implements LocalFile {
  readonly #fd: number;
  readonly #calls: FileCalls;

  constructor(fd: number, calls: FileCalls) {
    this.#fd = fd;
    this.#calls = calls;
  }

  read(into: Uint8Array, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      fs.read(this.#fd, into, 0, into.length, position, (error, count) => {
        if (error === null) resolve(count);
        else reject(error);
      });
    });
  }

  write(data: Uint8Array, position: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const writeFrom = (at: number): void => {
        fs.write(this.#fd, data, at, data.length - at, position + at, (error, count) => {
          if (error !== null) reject(error);
          else if (at + count === data.length) resolve();
          else writeFrom(at + count);
        });
      };
      writeFrom(0);
    });
  }

  async status(): Promise<LocalStatus> {
    return localStatus(await this.#calls.status(this.#fd));
  }

  truncate(length: number): Promise<void> {
    return this.#calls.truncate(this.#fd, length);
  }

  setPermissions(permissions: number): Promise<void> {
    return this.#calls.setPermissions(this.#fd, permissions);
  }

  setTimes(accessTime: number, modificationTime: number): Promise<void> {
    return this.#calls.setTimes(this.#fd, accessTime, modificationTime);
  }

  sync(): Promise<void> {
    return this.#calls.sync(this.#fd);
  }

  close(): Promise<void> {
    return this.#calls.close(this.#fd);
  }
}

class SynchronousFile implements LocalFile {
  readonly #fd: number;

  constructor(fd: number) {
    this.#fd = fd;
  }

  read(into: Uint8Array, position: number): number {
    return fs.readSync(this.#fd, into, 0, into.length, position);
  }

  write(data: Uint8Array, position: number): void {
    for (let at = 0; at < data.length; ) {
      at += fs.writeSync(this.#fd, data, at, data.length - at, position + at);
    }
  }

  status(): LocalStatus {
    return localStatus(fs.fstatSync(this.#fd));
  }

  truncate(length: number): void {
    fs.ftruncateSync(this.#fd, length);
  }

  setPermissions(permissions: number): void {
    fs.fchmodSync(this.#fd, permissions);
  }

  setTimes(accessTime: number, modificationTime: number): void {
    fs.futimesSync(this.#fd, accessTime, modificationTime);
  }

  sync(): void {
    fs.fsyncSync(this.#fd);
  }

  close(): void {
    fs.closeSync(this.#fd);
  }
}

/** The runtimes want paths that are bytes as a Buffer. */
function buffer(path: Uint8Array): Buffer {
  return Buffer.from(path.buffer, path.byteOffset, path.length);
}

function flagsOf({ createPermissions, truncate, noFollow }: LocalOpenOptions): number {
  // A pipe without a writer must not hold us up before it is seen to be one.
  const access = createPermissions === undefined ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_WRONLY | O_CREAT | O_NOCTTY;
  return access | (truncate === true ? O_TRUNC : 0) | (noFollow === true ? O_NOFOLLOW : 0);
}

function localStatus(stats: Stats): LocalStatus {
  return {
    type: typeOf(stats),
    size: stats.size,
    permissions: stats.mode & permissionBits,
    accessTime: stats.atimeMs / 1000,
    modificationTime: stats.mtimeMs / 1000,
  };
}

/**
 * Names with their types, as one call gives them; undefined when a name is no UTF-8 and has been damaged. (Bun does not
 * give types with names that are bytes.)
 */
function localEntries(entries: readonly Dirent[]): LocalEntry[] | undefined {
  if (entries.some(({ name }) => name.includes('\ufffd'))) return undefined;
  return entries.map((entry) => ({ name: Buffer.from(entry.name), type: typeOf(entry) }));
}

function inFolder(path: Uint8Array, name: Uint8Array): Buffer {
  return buffer(joinPath(path, name));
}

function typeOf(entry: Stats | Dirent): LocalStatus['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

function undefinedIfMissing(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}
