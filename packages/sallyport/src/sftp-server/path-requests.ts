// The requests that name a path (draft-ietf-secsh-filexfer-02 sections 6.3 to 6.11). What the file system does not have
// is unsupported.

import { openFlags } from '@sallyport/protocol/sftp/packets';

import { failure, ok, oneName, permissionDenied, unsupported } from './answers.ts';
import type { OpenOptions } from './file-system.ts';
import { settingLines, sftpLines } from './log-lines.ts';
import type { RequestHandlers } from './request-handlers.ts';
import { of } from './steps.ts';

type PathRequest =
  | 'open'
  | 'opendir'
  | 'lstat'
  | 'stat'
  | 'setstat'
  | 'remove'
  | 'mkdir'
  | 'rmdir'
  | 'realpath'
  | 'rename'
  | 'readlink'
  | 'symlink';

const permissionBits = 0o7777;
const filePermissions = 0o666;
const directoryPermissions = 0o777;

function openOptions(flags: number, permissions: number): OpenOptions {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return {
    read: has(openFlags.read) || !has(openFlags.write),
    write: has(openFlags.write),
    append: has(openFlags.append),
    create: has(openFlags.create),
    truncate: has(openFlags.truncate),
    exclusive: has(openFlags.exclusive),
    permissions: permissions & permissionBits,
  };
}

export const pathRequests: RequestHandlers<PathRequest> = {
  *open(serving, { path, flags, attributes }) {
    const permissions = attributes.permissions ?? filePermissions;
    const options = openOptions(flags, permissions);
    serving.log?.(sftpLines.open(path, flags, permissions));
    if (serving.readOnly && (options.write || options.create || options.truncate)) {
      serving.log?.(sftpLines.refusedReadOnly('open'));
      return permissionDenied;
    }
    // Before anything is created or emptied for nothing.
    if (serving.handles.isFull) return failure;
    const name = new Uint8Array(path);
    const file = yield* of(serving.fs.open(path, options));
    const counts = { readBytes: 0n, writtenBytes: 0n };
    return serving.keep({ kind: 'file', file, path: name, appends: options.append, ...counts });
  },
  *opendir(serving, { path }) {
    serving.log?.(sftpLines.named('info', 'opendir', path));
    if (serving.handles.isFull) return failure;
    const name = new Uint8Array(path);
    const directory = yield* of(serving.fs.openDirectory(path));
    return serving.keep({ kind: 'directory', directory, path: name, waiting: [] });
  },
  *lstat(serving, { path }) {
    serving.log?.(sftpLines.named('verbose', 'lstat name', path));
    return { kind: 'attributes', attributes: yield* of(serving.fs.stat(path, { follow: false })) };
  },
  *stat(serving, { path }) {
    serving.log?.(sftpLines.named('verbose', 'stat name', path));
    return { kind: 'attributes', attributes: yield* of(serving.fs.stat(path, { follow: true })) };
  },
  *setstat(serving, { path, attributes }) {
    settingLines(path, attributes, serving.log);
    if (serving.fs.setStat === undefined) return unsupported;
    yield* of(serving.fs.setStat(path, attributes, { follow: true }));
    return ok;
  },
  *remove(serving, { path }) {
    serving.log?.(sftpLines.named('info', 'remove name', path));
    if (serving.fs.remove === undefined) return unsupported;
    yield* of(serving.fs.remove(path));
    return ok;
  },
  *mkdir(serving, { path, attributes }) {
    const permissions = (attributes.permissions ?? directoryPermissions) & permissionBits;
    serving.log?.(sftpLines.mkdir(path, permissions));
    if (serving.fs.makeDirectory === undefined) return unsupported;
    yield* of(serving.fs.makeDirectory(path, permissions));
    return ok;
  },
  *rmdir(serving, { path }) {
    serving.log?.(sftpLines.named('info', 'rmdir name', path));
    if (serving.fs.removeDirectory === undefined) return unsupported;
    yield* of(serving.fs.removeDirectory(path));
    return ok;
  },
  *realpath(serving, { path }) {
    serving.log?.(sftpLines.named('verbose', 'realpath', path.length === 0 ? dot : path));
    return oneName(yield* of(serving.fs.realPath(path.length === 0 ? dot : path)));
  },
  *rename(serving, { from, to }) {
    serving.log?.(sftpLines.between('rename', from, to));
    if (serving.fs.rename === undefined) return unsupported;
    yield* of(serving.fs.rename(from, to, { replace: false }));
    return ok;
  },
  *readlink(serving, { path }) {
    serving.log?.(sftpLines.named('verbose', 'readlink', path));
    if (serving.fs.readLink === undefined) return unsupported;
    return oneName(yield* of(serving.fs.readLink(path)));
  },
  *symlink(serving, request) {
    const { target, link } = serving.linkFirst ? { target: request.link, link: request.target } : request;
    serving.log?.(sftpLines.between('symlink', target, link));
    if (serving.fs.symbolicLink === undefined) return unsupported;
    yield* of(serving.fs.symbolicLink(target, link));
    return ok;
  },
};

const dot = Uint8Array.of(0x2e);
