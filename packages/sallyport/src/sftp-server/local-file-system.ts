// The files of this machine as an SftpFileSystem. With `root`, clients see that folder as `/` and nothing outside it,
// whatever they or others link, rename or race; without it, everything that this process may reach, and nothing is
// checked beyond what the system checks. Links are not followed where OpenSSH's sftp-server does not follow them.

import * as fs from 'node:fs';

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import type { FileSystemFields } from '@sallyport/protocol/sftp/extensions';
import { accountById, accountByName } from '@sallyport/system/accounts';

import type { FileCalls } from './file-calls.ts';
import { blockingCalls } from './file-calls.ts';
import { codeOf, fileError } from './file-error.ts';
import type { FollowOptions, OpenOptions, SftpDirectory, SftpFile, SftpFileSystem } from './file-system.ts';
import { fileSystemFieldsOf } from './file-system-fields.ts';
import { applyAttributes, attributesOf } from './local-attributes.ts';
import { LocalDirectory } from './local-directory.ts';
import { LocalFile, truncateOpen } from './local-file.ts';
import { LocalNames } from './local-names.ts';
import type { Place, Places } from './places.ts';
import { bytesOf, ContainedPlaces, descriptorPath, PlainPlaces, pathOnly } from './places.ts';
import { promptCalls } from './prompt-calls.ts';
import type { Awaitable, Steps } from './steps.ts';
import { of, run } from './steps.ts';

export interface LocalFileSystemOptions {
  /** The folder that clients see as `/`. Linux with /proc only: elsewhere this throws. */
  readonly root?: string;
  /** Refuses everything that would change something. */
  readonly readOnly?: boolean;
  /** Without a root: where relative paths begin, absolute; the folder of this process unless told. */
  readonly start?: string | Uint8Array;
  /** The home of the user who is served, for clients that ask; unless told `/` of a root, else that of this process. */
  readonly home?: string | Uint8Array;
  /** Taken off the permissions of what is created, instead of this process' own mask. */
  readonly umask?: number;
  /**
   * Blocks this process at each call, for one that serves one client only. Otherwise calls that may take long go by the
   * pool of threads.
   */
  readonly blocking?: boolean;
}

/** Close it when nobody is served any more. */
export interface LocalFileSystem extends SftpFileSystem {
  close(): void;
}

export function localFileSystem(options: LocalFileSystemOptions = {}): LocalFileSystem {
  const calls = options.blocking === true ? blockingCalls : promptCalls();
  if (options.root !== undefined) {
    const places = new ContainedPlaces(calls, options.root);
    return new LocalFiles({ ...options, calls, places, close: () => places.close() });
  }
  const start = Buffer.from(options.start ?? process.cwd()).toString('latin1');
  return new LocalFiles({ ...options, calls, places: new PlainPlaces(calls, start), close: () => undefined });
}

interface LocalFilesOptions extends LocalFileSystemOptions {
  readonly calls: FileCalls;
  readonly places: Places;
  readonly close: () => void;
}

const { constants } = fs;
/** A pipe or a device that nobody is at the other end of must not stop a server. */
const alwaysFlags = constants.O_NONBLOCK | constants.O_NOCTTY;
const noFollow = { follow: false } as const;
const follow = { follow: true } as const;

class LocalFiles implements LocalFileSystem {
  readonly readOnly: boolean;
  readonly #options: LocalFilesOptions;
  readonly #calls: FileCalls;
  readonly #places: Places;
  readonly #names = new LocalNames();

  constructor(options: LocalFilesOptions) {
    this.readOnly = options.readOnly ?? false;
    this.#options = options;
    this.#calls = options.calls;
    this.#places = options.places;
  }

  open(path: Uint8Array, options: OpenOptions): Awaitable<SftpFile> {
    const calls = this.#calls;
    const { umask } = this.#options;
    const flags = systemFlags(options) | this.#unfollowed;
    const isNew = options.create && options.exclusive;
    return run(
      this.#at(path, { follow: !isNew }, function* (place) {
        const fd =
          umask === undefined || !options.create
            ? yield* of(calls.open(place.path, flags, options.permissions))
            : yield* openMasked(calls, place.path, { flags, permissions: options.permissions & ~umask });
        return new LocalFile(fd, calls);
      }),
    );
  }

  openDirectory(path: Uint8Array): Awaitable<SftpDirectory> {
    const calls = this.#calls;
    const names = this.#names;
    const { isContained } = this.#places;
    const flags = constants.O_RDONLY | constants.O_DIRECTORY | alwaysFlags | this.#unfollowed;
    return run(
      this.#at(path, follow, function* (place) {
        const fd = yield* of(calls.open(place.path, flags));
        const folder = isContained ? descriptorPath(fd) : place.path.toString('latin1');
        return new LocalDirectory({ fd, path: folder, calls, names });
      }),
    );
  }

  stat(path: Uint8Array, options: FollowOptions): Awaitable<FileAttributes> {
    const isKernels = options.follow && !this.#places.isContained;
    const calls = this.#calls;
    return run(
      this.#at(path, options, function* (place) {
        return attributesOf(yield* of(isKernels ? calls.stat(place.path) : calls.lstat(place.path)));
      }),
    );
  }

  realPath(path: Uint8Array): Awaitable<Uint8Array> {
    return run(this.#realPath(path));
  }

  setStat(path: Uint8Array, wanted: FileAttributes, options: FollowOptions): Awaitable<void> {
    return run(this.#at(path, options, (place) => this.#setStat(place, wanted, options)));
  }

  remove(path: Uint8Array): Awaitable<void> {
    return run(this.#at(path, noFollow, (place) => of(this.#calls.unlink(place.path))));
  }

  makeDirectory(path: Uint8Array, permissions: number): Awaitable<void> {
    const { umask } = this.#options;
    if (umask === undefined)
      return run(this.#at(path, noFollow, (place) => of(this.#calls.mkdir(place.path, permissions))));
    const masked = permissions & ~umask;
    return run(this.#at(path, noFollow, (place) => this.#makeMasked(place, masked)));
  }

  removeDirectory(path: Uint8Array): Awaitable<void> {
    return run(this.#at(path, noFollow, (place) => of(this.#calls.rmdir(place.path))));
  }

  rename(from: Uint8Array, to: Uint8Array, { replace }: { readonly replace: boolean }): Awaitable<void> {
    const calls = this.#calls;
    const work = (old: Buffer, made: Buffer): Steps<void> =>
      replace ? of(calls.rename(old, made)) : renameWithoutReplacing(calls, old, made);
    return run(this.#between(from, to, work));
  }

  readLink(path: Uint8Array): Awaitable<Uint8Array> {
    return run(this.#at(path, noFollow, (place) => of(this.#calls.readlink(place.path))));
  }

  symbolicLink(target: Uint8Array, path: Uint8Array): Awaitable<void> {
    return run(
      this.#at(path, noFollow, (place) =>
        of(this.#calls.symlink(target.length === 0 ? '' : Buffer.from(target), place.path)),
      ),
    );
  }

  hardLink(existing: Uint8Array, path: Uint8Array): Awaitable<void> {
    return run(this.#between(existing, path, (old, made) => of(this.#calls.link(old, made))));
  }

  fileSystem(path: Uint8Array): Awaitable<FileSystemFields> {
    return run(this.#at(path, follow, (place) => of(fileSystemFieldsOf(place.path))));
  }

  homeOf(user: Uint8Array): Awaitable<Uint8Array | undefined> {
    const isOwn = user.length === 0;
    const { home } = this.#options;
    if (isOwn && home !== undefined) return typeof home === 'string' ? utf8(home) : home;
    if (this.#places.isContained) return isOwn ? utf8('/') : undefined;
    const account = isOwn ? accountById(process.getuid?.() ?? 0) : accountByName(Buffer.from(user).toString('utf8'));
    return account && utf8(account.home);
  }

  userName(uid: number): string | undefined {
    return this.#names.user(uid);
  }

  groupName(gid: number): string | undefined {
    return this.#names.group(gid);
  }

  close(): void {
    this.#options.close();
  }

  /** Where we resolve links ourselves the kernel must not. */
  get #unfollowed(): number {
    return this.#places.isContained ? constants.O_NOFOLLOW : 0;
  }

  *#at<T>(path: Uint8Array, options: FollowOptions, work: (place: Place) => Steps<T>): Steps<T> {
    const place = yield* this.#places.find(textOf(path), options);
    try {
      return yield* work(place);
    } finally {
      yield* place.release();
    }
  }

  #between(from: Uint8Array, to: Uint8Array, work: (from: Buffer, to: Buffer) => Steps<void>): Steps<void> {
    return this.#at(from, noFollow, (old) => this.#at(to, noFollow, (made) => work(old.path, made.path)));
  }

  /** The mask of the process may have taken more off. */
  *#makeMasked(place: Place, permissions: number): Steps<void> {
    yield* of(this.#calls.mkdir(place.path, permissions));
    const { mode } = yield* of(this.#calls.lstat(place.path));
    if ((Number(mode) & 0o777) !== (permissions & 0o777)) yield* this.#setStat(place, { permissions }, noFollow);
  }

  *#realPath(path: Uint8Array): Steps<Uint8Array> {
    return bytesOf(yield* this.#places.resolve(path.length === 0 ? '.' : textOf(path)));
  }

  *#setStat(place: Place, wanted: FileAttributes, options: FollowOptions): Steps<void> {
    if (!this.#places.isContained) return yield* this.#apply(place.path, wanted, options.follow);
    const fd = yield* of(this.#calls.open(place.path, pathOnly | constants.O_NOFOLLOW));
    try {
      const isLink = (yield* of(this.#calls.fstat(fd))).isSymbolicLink();
      if (isLink && options.follow) throw fileError('ELOOP', 'open');
      // The descriptor is the file itself, to which these calls get by way of it; but not to a link.
      const path = isLink ? place.path : Buffer.from(descriptorPath(fd));
      return yield* this.#apply(path, wanted, !isLink);
    } finally {
      yield* of(this.#calls.close(fd));
    }
  }

  #apply(path: Buffer, wanted: FileAttributes, follows: boolean): Steps<void> {
    const calls = this.#calls;
    return applyAttributes(wanted, {
      size: (bytes) => truncatePath(calls, path, bytes),
      *permissions(mode) {
        const isLink = !follows && (yield* of(calls.lstat(path))).isSymbolicLink();
        if (isLink) throw fileError('EOPNOTSUPP', 'chmod');
        yield* of(calls.chmod(path, mode));
      },
      times: (access, modification) =>
        of(follows ? calls.utimes(path, access, modification) : calls.lutimes(path, access, modification)),
      owner: (uid, gid) => of(follows ? calls.chown(path, uid, gid) : calls.lchown(path, uid, gid)),
    });
  }
}

function utf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

/** A byte string of a path, which the system's calls would cut at a zero. */
function textOf(path: Uint8Array): string {
  if (path.includes(0)) throw fileError('EINVAL', 'path');
  return Buffer.from(path.buffer, path.byteOffset, path.length).toString('latin1');
}

function systemFlags(options: OpenOptions): number {
  const { O_RDONLY, O_WRONLY, O_RDWR, O_APPEND, O_CREAT, O_TRUNC, O_EXCL } = constants;
  let flags = options.write ? (options.read ? O_RDWR : O_WRONLY) : O_RDONLY;
  if (options.append) flags |= O_APPEND;
  if (options.create) flags |= O_CREAT;
  if (options.truncate) flags |= O_TRUNC;
  if (options.exclusive) flags |= O_EXCL;
  return flags | alwaysFlags;
}

interface MaskedOpen {
  readonly flags: number;
  readonly permissions: number;
}

/**
 * open(2) with O_CREAT under a mask of our own: whether the file is a new one, which gets its permissions, is known
 * only when it is created exclusively.
 */
function* openMasked(calls: FileCalls, path: Buffer, { flags, permissions }: MaskedOpen): Steps<number> {
  for (let attempt = 0; ; attempt++) {
    try {
      const fd = yield* of(calls.open(path, flags | constants.O_EXCL, permissions));
      yield* widen(calls, fd, permissions);
      return fd;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST' || (flags & constants.O_EXCL) !== 0) throw error;
    }
    try {
      return yield* of(calls.open(path, flags & ~constants.O_CREAT));
    } catch (error) {
      // It has gone meanwhile, or it is a link to what is not there, which is created as the kernel does it.
      if (codeOf(error) !== 'ENOENT') throw error;
      if (attempt > 0) return yield* of(calls.open(path, flags, permissions));
    }
  }
}

/** Permissions that the mask of the process has taken off a new file; some file systems have none. */
function* widen(calls: FileCalls, fd: number, permissions: number): Steps<void> {
  try {
    const { mode } = yield* of(calls.fstat(fd));
    if ((Number(mode) & 0o777) !== (permissions & 0o777)) yield* of(calls.fchmod(fd, permissions));
  } catch {
    // What was created has fewer permissions than it was to have.
  }
}

/** truncate(2) at any length. */
function* truncatePath(calls: FileCalls, path: Buffer, bytes: bigint): Steps<void> {
  if (bytes <= Number.MAX_SAFE_INTEGER) return yield* of(calls.truncate(path, Number(bytes)));
  const fd = yield* of(calls.open(path, constants.O_WRONLY | alwaysFlags));
  try {
    return yield* truncateOpen(calls, fd, bytes);
  } finally {
    yield* of(calls.close(fd));
  }
}

/** What stands for links where there are none. */
const withoutLinks: ReadonlySet<string> = new Set(['EOPNOTSUPP', 'ENOSYS', 'EXDEV']);

/** A regular file without a moment in which another one could be replaced; anything else after a look. */
function* renameWithoutReplacing(calls: FileCalls, from: Buffer, to: Buffer): Steps<void> {
  const isRegular = (yield* of(calls.lstat(from))).isFile();
  if (isRegular && (yield* linkedAndUnlinked(calls, from, to))) return;
  if (yield* exists(calls, to)) throw fileError('EEXIST', 'rename');
  yield* of(calls.rename(from, to));
}

/** False where the file system has no links. */
function* linkedAndUnlinked(calls: FileCalls, from: Buffer, to: Buffer): Steps<boolean> {
  try {
    yield* of(calls.link(from, to));
  } catch (error) {
    if (withoutLinks.has(codeOf(error))) return false;
    throw error;
  }
  try {
    yield* of(calls.unlink(from));
  } catch (error) {
    yield* of(calls.unlink(to));
    throw error;
  }
  return true;
}

function* exists(calls: FileCalls, path: Buffer): Steps<boolean> {
  try {
    yield* of(calls.lstat(path));
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}
