// The file system as LocalFiles, in three ways: with calls that answer at once where that takes microseconds and by
// the runtime's pool of threads elsewhere, by the pool alone, or with blocking calls, for programs that have nothing
// else to do.

import type { BigIntStats, Dirent } from 'node:fs';
import * as fs from 'node:fs';
import { promisify } from 'node:util';

import type { FileCalls } from '../sftp-server/file-calls.ts';
import { blockingCalls, pooledCalls } from '../sftp-server/file-calls.ts';
import { promptCalls } from '../sftp-server/prompt-calls.ts';
import { of, run } from '../sftp-server/steps.ts';
import type { Eventually, LocalEntry, LocalFile, LocalFiles, LocalOpenOptions, LocalStatus } from './local-files.ts';
import { joinPath } from './names.ts';

const { O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_TRUNC, O_WRONLY } = fs.constants;
const permissionBits = 0o7777;
/** A block is written in a tenth of a millisecond; what takes longer than this waits for a disk, not for a turn. */
const slowMs = 20;

/**
 * At once where every mount is a disk of this machine, in the pool where one is not and for a while after a call that
 * took long. The library's own choice.
 */
export function promptFiles(): LocalFiles {
  return filesBy(promptCalls({ slowMs }), listInPool);
}

/** Every call in the pool of threads: the process never waits for a disk. */
export function asynchronousFiles(): LocalFiles {
  return filesBy(pooledCalls, listInPool);
}

/** Blocks in every call. */
export function synchronousFiles(): LocalFiles {
  return filesBy(blockingCalls, listAtOnce);
}

function filesBy(calls: FileCalls, list: LocalFiles['list']): LocalFiles {
  return {
    open: (path, options) =>
      run(
        (function* () {
          const fd = yield* of(calls.open(buffer(path), flagsOf(options), options.createPermissions));
          return new NodeFile(calls, fd);
        })(),
      ),
    status: (path, options = {}) =>
      run(
        (function* () {
          try {
            const status = options.noFollow === true ? calls.lstat(buffer(path)) : calls.stat(buffer(path));
            return localStatus(yield* of(status));
          } catch (error) {
            return undefinedIfMissing(error);
          }
        })(),
      ),
    list,
    makeDirectory: (path, permissions) => calls.mkdir(buffer(path), permissions),
    setPermissions: (path, permissions) => calls.chmod(buffer(path), permissions),
    setTimes: (path, accessTime, modificationTime) => calls.utimes(buffer(path), accessTime, modificationTime),
    rename: (from, to) => calls.rename(buffer(from), buffer(to)),
    remove: (path) => calls.unlink(buffer(path)),
  };
}

async function listInPool(path: Uint8Array): Promise<LocalEntry[]> {
  const readdir = promisify(fs.readdir);
  const entries = localEntries(await readdir(buffer(path), { withFileTypes: true }));
  if (entries !== undefined) return entries;
  const names = await readdir(buffer(path), { encoding: 'buffer' });
  const typed = async (name: Buffer): Promise<LocalEntry> => ({
    name,
    type: typeOf(await pooledCalls.lstat(inFolder(path, name))),
  });
  return await Promise.all(names.map(typed));
}

function listAtOnce(path: Uint8Array): LocalEntry[] {
  const entries = localEntries(fs.readdirSync(buffer(path), { withFileTypes: true }));
  if (entries !== undefined) return entries;
  const names = fs.readdirSync(buffer(path), { encoding: 'buffer' });
  return names.map((name) => ({ name, type: typeOf(fs.lstatSync(inFolder(path, name), { bigint: true })) }));
}

class NodeFile implements LocalFile {
  readonly #calls: FileCalls;
  readonly #fd: number;

  constructor(calls: FileCalls, fd: number) {
    this.#calls = calls;
    this.#fd = fd;
  }

  read(into: Uint8Array, position: number): Eventually<number> {
    return this.#calls.read(this.#fd, into, position);
  }

  write(data: Uint8Array, position: number): Eventually<void> {
    const calls = this.#calls;
    const fd = this.#fd;
    return run(
      (function* () {
        for (let at = 0; at < data.length; ) {
          at += yield* of(calls.write(fd, at === 0 ? data : data.subarray(at), position + at));
        }
      })(),
    );
  }

  writeNow(data: Uint8Array, position: number): boolean {
    for (let at = 0; at < data.length; ) {
      const count = this.#calls.writeNow(this.#fd, at === 0 ? data : data.subarray(at), position + at);
      if (count === 0) return false;
      at += count;
    }
    return true;
  }

  status(): Eventually<LocalStatus> {
    const status = this.#calls.fstat(this.#fd);
    return status instanceof Promise ? status.then(localStatus) : localStatus(status);
  }

  truncate(length: number): Eventually<void> {
    return this.#calls.ftruncate(this.#fd, length);
  }

  setPermissions(permissions: number): Eventually<void> {
    return this.#calls.fchmod(this.#fd, permissions);
  }

  setTimes(accessTime: number, modificationTime: number): Eventually<void> {
    return this.#calls.futimes(this.#fd, accessTime, modificationTime);
  }

  sync(): Eventually<void> {
    return this.#calls.sync(this.#fd);
  }

  close(): Eventually<void> {
    return this.#calls.close(this.#fd);
  }
}

/** The runtimes want paths that are bytes as a Buffer, and Bun the empty one as text. */
function buffer(path: Uint8Array): Buffer | string {
  return path.length === 0 ? '' : Buffer.from(path.buffer, path.byteOffset, path.length);
}

function flagsOf({ createPermissions, truncate, noFollow }: LocalOpenOptions): number {
  const access = createPermissions === undefined ? O_RDONLY : O_WRONLY | O_CREAT;
  // A pipe whose other end is not there must not hold us up; for files it means nothing.
  return access | O_NONBLOCK | O_NOCTTY | (truncate === true ? O_TRUNC : 0) | (noFollow === true ? O_NOFOLLOW : 0);
}

function localStatus(stats: BigIntStats): LocalStatus {
  return {
    type: typeOf(stats),
    size: Number(stats.size),
    permissions: Number(stats.mode) & permissionBits,
    accessTime: Number(stats.atimeMs) / 1000,
    modificationTime: Number(stats.mtimeMs) / 1000,
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

function inFolder(path: Uint8Array, name: Uint8Array): Buffer | string {
  return buffer(joinPath(path, name));
}

function typeOf(entry: BigIntStats | Dirent): LocalStatus['type'] {
  if (entry.isFile()) return 'file';
  if (entry.isDirectory()) return 'directory';
  return entry.isSymbolicLink() ? 'symlink' : 'other';
}

function undefinedIfMissing(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
}
