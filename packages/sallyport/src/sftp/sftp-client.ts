// The files of a server: what an application does with them, one method each, with promises. Paths are text (UTF-8) or
// bytes; every method rejects with SftpError, or with what ended the connection. Transfers of files and trees are in
// transfer/.

import type { FileSystemFields } from '@sallyport/protocol/sftp/extensions';
import { fileSystemFields, limitFields, nameLists } from '@sallyport/protocol/sftp/extensions';

import type { CallOptions } from '../cancellation.ts';
import { cancellable } from '../cancellation.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import type { SshError } from '../errors.ts';
import type { DirectoryOptions } from './directory.ts';
import { readDirectory } from './directory.ts';
import type { FileChanges, FileStatus, RemoteEntry } from './file-status.ts';
import { fileAttributes, fileStatus } from './file-status.ts';
import { isDotName, pathBytes, pathText, type SftpPath } from './names.ts';
import { type OpenMode, openRemote } from './open-remote.ts';
import type { RemoteFile } from './remote-file.ts';
import { attributesOf, fieldsOf, isDone, singleNameOf } from './replies.ts';
import type { SftpClientOptions } from './sftp-calls.ts';
import { SftpCalls } from './sftp-calls.ts';
import type { SftpLimits } from './sftp-limits.ts';
import type { TransferOptions, TransferSummary } from './transfer/transfers.ts';
import * as transfers from './transfer/transfers.ts';
import { globPaths, type WalkEntry, type WalkOptions, walkTree } from './walk.ts';
import { copyFile, isSftpError, readWholeFile, writeWholeFile } from './whole-files.ts';

export interface OpenOptions extends CallOptions {
  /** For a file that is created: permissions, and what else the server takes at once. */
  readonly attributes?: FileChanges;
}

export interface RenameOptions extends CallOptions {
  /** The old rename, which refuses when the new name exists, even where the server has a better one. */
  readonly legacy?: boolean;
}

export interface NamesById {
  /** A name for each number that was asked for, in its place; empty when there is none. */
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

export class SftpClient implements AsyncDisposable {
  /** Resolves, never rejects, when the session is over: undefined after end(), or what took it away. */
  readonly closed: Promise<SshError | undefined>;
  readonly #calls: SftpCalls;

  private constructor(calls: SftpCalls) {
    this.#calls = calls;
    this.closed = calls.session.closed;
  }

  /** Speaks SFTP over a stream, which it takes over: a subsystem, a program's pipes. Rejects when that is no server. */
  static async over(stream: ByteStream, options: SftpClientOptions = {}): Promise<SftpClient> {
    return new SftpClient(await SftpCalls.start(stream, options));
  }

  /** What the server announced: names of extensions with their data, mostly a version in digits. */
  get extensions(): ReadonlyMap<string, Uint8Array> {
    return this.#calls.session.extensions;
  }

  /** The sizes of requests that are used with this server. */
  get limits(): SftpLimits {
    return this.#calls.limits;
  }

  /** Resolves when `limits` are what the server told: later than over() with `limitsLater`. */
  get limitsKnown(): Promise<void> {
    return this.#calls.limitsKnown;
  }

  /** Opens a file; close it in the end, or declare it with `await using`. */
  open(path: SftpPath, mode: OpenMode | number = 'r', options: OpenOptions = {}): Promise<RemoteFile> {
    return openRemote(this.#calls, pathBytes(path), { mode, ...options });
  }

  /** The names of a folder in the server's order, without `.` and `..`. */
  list(path: SftpPath, options: CallOptions & DirectoryOptions = {}): Promise<RemoteEntry[]> {
    return asWhole(options, async (signal) => {
      const entries: RemoteEntry[] = [];
      for await (const names of this.opendir(path, { ...options, signal })) {
        for (const entry of names) if (!isDotName(entry.nameBytes)) entries.push(entry);
      }
      return entries;
    });
  }

  /** The names of a folder as they come, `.` and `..` included. */
  opendir(path: SftpPath, options: DirectoryOptions = {}): AsyncGenerator<RemoteEntry[], void, undefined> {
    return readDirectory(this.#calls.session, pathBytes(path), options);
  }

  /** Everything below a folder, each folder before what it contains. */
  walk(path: SftpPath, options: WalkOptions = {}): AsyncGenerator<WalkEntry, void, undefined> {
    const { signal } = options;
    return walkTree(this.#calls.session, pathBytes(path), {
      ...options,
      stat: (below) => this.stat(below, { signal }),
    });
  }

  /** The paths that fit a pattern with `*`, `?` and `[a-z]`, sorted by their bytes; as text. */
  async glob(pattern: SftpPath, options: CallOptions = {}): Promise<string[]> {
    return (await this.globBytes(pattern, options)).map(pathText);
  }

  /** The same as bytes. */
  globBytes(pattern: SftpPath, options: CallOptions = {}): Promise<Uint8Array[]> {
    return asWhole(options, (signal) => {
      const stat = (path: Uint8Array): Promise<FileStatus> => this.stat(path, { signal });
      return globPaths({ session: this.#calls.session, stat, signal }, pathBytes(pattern));
    });
  }

  /** What a path leads to. */
  async stat(path: SftpPath, options: CallOptions = {}): Promise<FileStatus> {
    return fileStatus(await this.#calls.ask('stat', pathBytes(path), { pick: attributesOf, ...options }));
  }

  /** What a path is, a symlink included. */
  async lstat(path: SftpPath, options: CallOptions = {}): Promise<FileStatus> {
    return fileStatus(await this.#calls.ask('lstat', pathBytes(path), { pick: attributesOf, ...options }));
  }

  /** Whether a path leads to something. */
  async exists(path: SftpPath, options: CallOptions = {}): Promise<boolean> {
    try {
      await this.stat(path, options);
      return true;
    } catch (error) {
      if (isSftpError(error, 'no-such-file')) return false;
      throw error;
    }
  }

  /** Sets what is given on what a path leads to. */
  setstat(path: SftpPath, changes: FileChanges, options: CallOptions = {}): Promise<void> {
    const bytes = pathBytes(path);
    const attributes = fileAttributes(changes);
    const subject = { operation: 'setstat', path: bytes };
    return this.#calls.request(
      (engine) => engine.request('setstat', { path: bytes, attributes }),
      { subject, pick: isDone },
      options,
    );
  }

  /** Sets what is given on the symlink itself. */
  lsetstat(path: SftpPath, changes: FileChanges, options: CallOptions = {}): Promise<void> {
    const fields = { path: pathBytes(path), attributes: fileAttributes(changes) };
    return this.#calls.extension('lsetstat', fields, { path: fields.path, pick: isDone, ...options });
  }

  mkdir(path: SftpPath, options: CallOptions & { readonly attributes?: FileChanges } = {}): Promise<void> {
    const bytes = pathBytes(path);
    const attributes = fileAttributes(options.attributes ?? {});
    const subject = { operation: 'mkdir', path: bytes };
    return this.#calls.request(
      (engine) => engine.request('mkdir', { path: bytes, attributes }),
      { subject, pick: isDone },
      options,
    );
  }

  /** Removes a folder that is empty. */
  rmdir(path: SftpPath, options: CallOptions = {}): Promise<void> {
    return this.#calls.ask('rmdir', pathBytes(path), { pick: isDone, ...options });
  }

  /** Removes a file or a symlink. */
  remove(path: SftpPath, options: CallOptions = {}): Promise<void> {
    return this.#calls.ask('remove', pathBytes(path), { pick: isDone, ...options });
  }

  /** Removes a file, or with `recursive` a folder and all that is in it; symlinks in it are removed, not followed. */
  async rm(path: SftpPath, options: CallOptions & { readonly recursive?: boolean } = {}): Promise<void> {
    const isFolder = options.recursive === true && (await this.lstat(path, options)).type === 'directory';
    if (!isFolder) return this.remove(path, options);
    const folders = [pathBytes(path)];
    const { signal } = options;
    for await (const entry of this.walk(path, { signal })) {
      if (entry.type === 'directory') folders.push(entry.pathBytes);
      else await this.remove(entry.pathBytes, options);
    }
    for (const folder of folders.reverse()) await this.rmdir(folder, options);
  }

  /** Gives a file another name; replaces what has that name where the server can do so in one step. */
  rename(from: SftpPath, to: SftpPath, options: RenameOptions = {}): Promise<void> {
    const fields = { from: pathBytes(from), to: pathBytes(to) };
    const { legacy, ...rest } = options;
    const { to: otherPath } = fields;
    if (legacy !== true && this.#calls.has('posixRename')) {
      return this.#calls.extension('posixRename', fields, { path: fields.from, otherPath, pick: isDone, ...rest });
    }
    const question = { subject: { operation: 'rename', path: fields.from }, otherPath, pick: isDone };
    return this.#calls.request((engine) => engine.request('rename', fields), question, rest);
  }

  /** Makes `link` a symlink to `target`, which may be anything. */
  symlink(target: SftpPath, link: SftpPath, options: CallOptions = {}): Promise<void> {
    const fields = { target: pathBytes(target), link: pathBytes(link) };
    const question = { subject: { operation: 'symlink', path: fields.link }, otherPath: fields.target, pick: isDone };
    return this.#calls.request((engine) => engine.request('symlink', fields), question, options);
  }

  /** Gives a file a second name. */
  hardlink(from: SftpPath, to: SftpPath, options: CallOptions = {}): Promise<void> {
    const fields = { from: pathBytes(from), to: pathBytes(to) };
    return this.#calls.extension('hardlink', fields, {
      path: fields.from,
      otherPath: fields.to,
      pick: isDone,
      ...options,
    });
  }

  /** What a symlink says, as bytes. */
  readlinkBytes(path: SftpPath, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#calls.ask('readlink', pathBytes(path), { pick: singleNameOf, ...options });
  }

  async readlink(path: SftpPath, options: CallOptions = {}): Promise<string> {
    return pathText(await this.readlinkBytes(path, options));
  }

  /** The absolute path, as the server sees it, as bytes. */
  realpathBytes(path: SftpPath, options: CallOptions = {}): Promise<Uint8Array> {
    return this.#calls.ask('realpath', pathBytes(path), { pick: singleNameOf, ...options });
  }

  async realpath(path: SftpPath, options: CallOptions = {}): Promise<string> {
    return pathText(await this.realpathBytes(path, options));
  }

  /** The absolute path of one with `~` or `~user` in front, as bytes. */
  expandPath(path: SftpPath, options: CallOptions = {}): Promise<Uint8Array> {
    const fields = { path: pathBytes(path) };
    return this.#calls.extension('expandPath', fields, { path: fields.path, pick: singleNameOf, ...options });
  }

  /** The home of a user, of our own for an empty name, as bytes. */
  homeDirectory(user: string, options: CallOptions = {}): Promise<Uint8Array> {
    const fields = { user: pathBytes(user) };
    return this.#calls.extension('homeDirectory', fields, { path: fields.user, pick: singleNameOf, ...options });
  }

  /** Sizes of the file system that a path is on, in blocks of `fragmentBytes`. */
  statvfs(path: SftpPath, options: CallOptions = {}): Promise<FileSystemFields> {
    const fields = { path: pathBytes(path) };
    const pick = fieldsOf(fileSystemFields);
    return this.#calls.extension('statvfs', fields, { path: fields.path, pick, ...options });
  }

  /** What the server says of its limits, unbelieved; `limits` has what is used. */
  async toldLimits(options: CallOptions = {}): Promise<ReturnType<typeof limitFields.decode>> {
    const pick = fieldsOf(limitFields);
    return await this.#calls.extension('limits', {}, { path: new Uint8Array(0), pick, ...options });
  }

  async usersGroupsById(
    ids: { readonly users: readonly number[]; readonly groups: readonly number[] },
    options: CallOptions = {},
  ): Promise<NamesById> {
    const pick = fieldsOf(nameLists);
    const path = new Uint8Array(0);
    const { users, groups } = await this.#calls.extension('usersGroupsById', ids, { path, pick, ...options });
    return { users: users.map(pathText), groups: groups.map(pathText) };
  }

  /** The whole file; rejects with code `limit-exceeded` above `limitBytes`, 64 MiB unless told. */
  readFile(path: SftpPath, options: CallOptions & { readonly limitBytes?: number } = {}): Promise<Uint8Array> {
    return readWholeFile(this.#calls, pathBytes(path), options);
  }

  /** Makes the file contain just this. */
  writeFile(path: SftpPath, data: string | Uint8Array, options: OpenOptions = {}): Promise<void> {
    return writeWholeFile(this.#calls, pathBytes(path), { data: pathBytes(data), ...options });
  }

  /** Copies a file at the server, which does it itself where it can (`copy-data`). */
  copy(from: SftpPath, to: SftpPath, options: CallOptions = {}): Promise<void> {
    return copyFile(this.#calls, { from: pathBytes(from), to: pathBytes(to) }, options);
  }

  /**
   * Gets a file, or a folder with all that is in it; into `localPath` where that is a folder. Rejects with the first
   * thing that failed, after the others.
   */
  download(remotePath: SftpPath, localPath: SftpPath, options: TransferOptions = {}): Promise<TransferSummary> {
    return transfers.download(this.#calls, transferPaths(remotePath, localPath), options);
  }

  /** Puts a file, or a folder with all that is in it; into `remotePath` where that is a folder. As download(). */
  upload(localPath: SftpPath, remotePath: SftpPath, options: TransferOptions = {}): Promise<TransferSummary> {
    return transfers.upload(this.#calls, transferPaths(remotePath, localPath), options);
  }

  /** Gets one file under this very name; the `status` of a regular file saves asking for it. */
  downloadFile(
    remotePath: SftpPath,
    localPath: SftpPath,
    options: TransferOptions & { readonly status?: FileStatus | undefined } = {},
  ): Promise<TransferSummary> {
    return transfers.downloadFile(this.#calls, transferPaths(remotePath, localPath), options);
  }

  /** Puts one file under this very name. */
  uploadFile(localPath: SftpPath, remotePath: SftpPath, options: TransferOptions = {}): Promise<TransferSummary> {
    return transfers.uploadFile(this.#calls, transferPaths(remotePath, localPath), options);
  }

  /** Gets what is in a folder into one of ours, which is made if it is not there; what failed is in the summary. */
  downloadTree(remotePath: SftpPath, localPath: SftpPath, options: TransferOptions = {}): Promise<TransferSummary> {
    return transfers.downloadTree(this.#calls, transferPaths(remotePath, localPath), options);
  }

  /** Puts what is in a folder of ours into one of the server, which is made if it is not there. As downloadTree(). */
  uploadTree(localPath: SftpPath, remotePath: SftpPath, options: TransferOptions = {}): Promise<TransferSummary> {
    return transfers.uploadTree(this.#calls, transferPaths(remotePath, localPath), options);
  }

  /** Several files and trees as one transfer, with one window, one limit and one set of hooks. */
  group(options: TransferOptions = {}): transfers.TransferGroup {
    return new transfers.TransferGroup(this.#calls, options);
  }

  /** Ends the session; the connection that it runs over stays. */
  end(): Promise<void> {
    return this.#calls.session.end();
  }

  /** The same as end(). */
  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** A call of several requests as one: it ends with the first of them that is given up. */
function asWhole<T>(options: CallOptions, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
  const { signal, timeoutMs } = options;
  if (signal === undefined && timeoutMs === undefined) return work(undefined);
  const given = new AbortController();
  return cancellable(
    { signal, timeoutMs },
    () => work(given.signal),
    () => given.abort(),
  );
}

function transferPaths(remotePath: SftpPath, localPath: SftpPath): transfers.TransferPaths {
  return { remotePath: pathBytes(remotePath), localPath: pathBytes(localPath) };
}
