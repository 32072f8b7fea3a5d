// An open file of this machine behind a handle of a client. Positions are 64 bits wide: those beyond 2^53 go past
// node:fs, which would lose them.

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import type { FileSystemFields } from '@sallyport/protocol/sftp/extensions';
import { readAt, truncateAt, writeAt } from '@sallyport/system/file-positions';

import type { FileCalls } from './file-calls.ts';
import { fileError } from './file-error.ts';
import type { SftpFile } from './file-system.ts';
import { fileSystemFieldsOf } from './file-system-fields.ts';
import { applyAttributes, attributesOf } from './local-attributes.ts';
import type { Awaitable, Steps } from './steps.ts';
import { of, run } from './steps.ts';

/** The first position that off_t does not have. */
const endOfPositions = 1n << 63n;

export class LocalFile implements SftpFile {
  readonly #fd: number;
  readonly #calls: FileCalls;

  /** Owns the descriptor. */
  constructor(fd: number, calls: FileCalls) {
    this.#fd = fd;
    this.#calls = calls;
  }

  read(room: Uint8Array, position: bigint): Awaitable<number> {
    if (position <= Number.MAX_SAFE_INTEGER) return this.#calls.read(this.#fd, room, Number(position));
    checkPosition(position);
    return readAt(this.#fd, room, position);
  }

  write(data: Uint8Array, position: bigint): Awaitable<void> {
    checkPosition(position);
    return run(this.#writeAll(data, position));
  }

  stat(): Awaitable<FileAttributes> {
    return run(this.#stat());
  }

  setStat(wanted: FileAttributes): Awaitable<void> {
    const fd = this.#fd;
    const calls = this.#calls;
    const setters = {
      size: (bytes: bigint) => truncateOpen(calls, fd, bytes),
      permissions: (mode: number) => of(calls.fchmod(fd, mode)),
      times: (access: number, modification: number) => of(calls.futimes(fd, access, modification)),
      owner: (uid: number, gid: number) => of(calls.fchown(fd, uid, gid)),
    };
    return run(applyAttributes(wanted, setters));
  }

  sync(): Awaitable<void> {
    return this.#calls.sync(this.#fd);
  }

  fileSystem(): FileSystemFields {
    return fileSystemFieldsOf(this.#fd);
  }

  identity(): Awaitable<string> {
    return run(this.#identity());
  }

  close(): Awaitable<void> {
    return this.#calls.close(this.#fd);
  }

  *#writeAll(data: Uint8Array, position: bigint): Steps<void> {
    for (let at = 0; at < data.length; ) {
      const rest = at === 0 ? data : data.subarray(at);
      const where = position + BigInt(at);
      const isNear = where <= Number.MAX_SAFE_INTEGER;
      const written = isNear
        ? yield* of(this.#calls.write(this.#fd, rest, Number(where)))
        : writeAt(this.#fd, rest, where);
      if (written === 0) throw fileError('EIO', 'pwrite');
      at += written;
    }
  }

  *#stat(): Steps<FileAttributes> {
    return attributesOf(yield* of(this.#calls.fstat(this.#fd)));
  }

  *#identity(): Steps<string> {
    const { dev, ino } = yield* of(this.#calls.fstat(this.#fd));
    return `${dev}:${ino}`;
  }
}

function checkPosition(position: bigint): void {
  if (position >= endOfPositions) throw fileError('EINVAL', 'pread');
}

/** ftruncate(2) at any length. */
export function* truncateOpen(calls: FileCalls, fd: number, bytes: bigint): Steps<void> {
  if (bytes <= Number.MAX_SAFE_INTEGER) return yield* of(calls.ftruncate(fd, Number(bytes)));
  checkPosition(bytes);
  return truncateAt(fd, bytes);
}
