// What an SFTP server serves: an interface small enough to put a database or a bucket behind it. Every function may
// answer at once or with a promise, and fails by throwing (rejecting with) an error whose `code` is that of the system
// (`ENOENT`, `EACCES`, `EEXIST`, …). Paths and names are bytes, as clients send them. What a file system does not have
// it leaves away; clients are told that it is not supported.

import type { FileAttributes } from '@sallyport/protocol/sftp/attributes';
import type { FileSystemFields } from '@sallyport/protocol/sftp/extensions';

import type { Awaitable } from './steps.ts';

export interface OpenOptions {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
  readonly create: boolean;
  readonly truncate: boolean;
  readonly exclusive: boolean;
  /** Permissions of a file that is created, without the type. */
  readonly permissions: number;
}

export interface FollowOptions {
  /** Whether a path that is a symbolic link means what it points to. */
  readonly follow: boolean;
}

/** A directory's entry. Without `longName`, a line as of `ls -l` is made of the attributes, with numbers for names. */
export interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly attributes: FileAttributes;
  readonly longName?: Uint8Array;
}

export interface SftpFile {
  /** Fills the room from its start, as far as there are bytes: how many; 0 at the end. The room is the caller's. */
  read(room: Uint8Array, position: bigint): Awaitable<number>;
  /** Writes all of it or fails; the bytes are valid until the promise settles. Appends if the file was opened so. */
  write(data: Uint8Array, position: bigint): Awaitable<void>;
  stat(): Awaitable<FileAttributes>;
  setStat?(attributes: FileAttributes): Awaitable<void>;
  /** Returns when what was written is on the medium. */
  sync?(): Awaitable<void>;
  fileSystem?(): Awaitable<FileSystemFields>;
  /** The same for two open files that are one, however they are called: `copy-data` refuses those. */
  identity?(): Awaitable<string>;
  close(): Awaitable<void>;
}

export interface SftpDirectory {
  /** The next entries, some of them; none at the end. */
  read(): Awaitable<readonly DirectoryEntry[]>;
  close(): Awaitable<void>;
}

export interface SftpFileSystem {
  /** Refuses everything that would change something, before the file system is asked. */
  readonly readOnly?: boolean;
  open(path: Uint8Array, options: OpenOptions): Awaitable<SftpFile>;
  openDirectory(path: Uint8Array): Awaitable<SftpDirectory>;
  stat(path: Uint8Array, options: FollowOptions): Awaitable<FileAttributes>;
  /** The absolute path without links, `.` and `..`; `.` is where clients start. The last part need not exist. */
  realPath(path: Uint8Array): Awaitable<Uint8Array>;
  setStat?(path: Uint8Array, attributes: FileAttributes, options: FollowOptions): Awaitable<void>;
  remove?(path: Uint8Array): Awaitable<void>;
  makeDirectory?(path: Uint8Array, permissions: number): Awaitable<void>;
  removeDirectory?(path: Uint8Array): Awaitable<void>;
  /** Without `replace`, fails when there is something already. */
  rename?(from: Uint8Array, to: Uint8Array, options: { readonly replace: boolean }): Awaitable<void>;
  readLink?(path: Uint8Array): Awaitable<Uint8Array>;
  symbolicLink?(target: Uint8Array, path: Uint8Array): Awaitable<void>;
  hardLink?(existing: Uint8Array, path: Uint8Array): Awaitable<void>;
  fileSystem?(path: Uint8Array): Awaitable<FileSystemFields>;
  /** The home of a user, of the one who is served when the name is empty; undefined when there is no such user. */
  homeOf?(user: Uint8Array): Awaitable<Uint8Array | undefined>;
  /** The name of an id; undefined when it has none. */
  userName?(uid: number): Awaitable<string | undefined>;
  groupName?(gid: number): Awaitable<string | undefined>;
}
