// Our side of a transfer: the few operations on files that it needs, as an interface, so that a transfer can also be
// with something else than the file system. Paths are bytes. What an implementation throws or rejects with becomes the
// cause of an SftpError with code `local-failed`.

/** Done when the call returns, or when the promise resolves. */
export type Eventually<T> = T | Promise<T>;

/** Times in seconds since 1970, fractions included. */
export interface LocalStatus {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly size: number;
  /** The twelve bits of chmod(1). */
  readonly permissions: number;
  readonly accessTime: number;
  readonly modificationTime: number;
}

export interface LocalEntry {
  readonly name: Uint8Array;
  readonly type: LocalStatus['type'];
}

export interface LocalFile {
  /** Reads what there is from `position` on, up to the length of the buffer; 0 at the end of the file. */
  read(buffer: Uint8Array, position: number): Eventually<number>;
  /** Writes all of it at `position`. */
  write(data: Uint8Array, position: number): Eventually<void>;
  /**
   * The same for data that is lent until the call returns, where it can be done at once: whether it was. If not, a copy
   * goes to write(). Files that cannot tell do not have it.
   */
  writeNow?(data: Uint8Array, position: number): boolean;
  status(): Eventually<LocalStatus>;
  truncate(length: number): Eventually<void>;
  setPermissions(permissions: number): Eventually<void>;
  setTimes(accessTime: number, modificationTime: number): Eventually<void>;
  /** Brings the data to the disk. */
  sync(): Eventually<void>;
  close(): Eventually<void>;
}

export interface LocalOpenOptions {
  /** For writing: created if it is not there, with these permissions (less the umask). Otherwise for reading. */
  readonly createPermissions?: number;
  /** Empties it. */
  readonly truncate?: boolean;
  /** Fails when the last component is a symlink. */
  readonly noFollow?: boolean;
}

export interface LocalFiles {
  open(path: Uint8Array, options: LocalOpenOptions): Eventually<LocalFile>;
  /** What a path leads to, or with `noFollow` what it is; undefined when there is nothing. */
  status(path: Uint8Array, options?: { readonly noFollow?: boolean }): Eventually<LocalStatus | undefined>;
  /** The names of a folder without `.` and `..`. */
  list(path: Uint8Array): Eventually<readonly LocalEntry[]>;
  makeDirectory(path: Uint8Array, permissions: number): Eventually<void>;
  setPermissions(path: Uint8Array, permissions: number): Eventually<void>;
  setTimes(path: Uint8Array, accessTime: number, modificationTime: number): Eventually<void>;
  rename(from: Uint8Array, to: Uint8Array): Eventually<void>;
  remove(path: Uint8Array): Eventually<void>;
}
