// OpenSSH's extensions (PROTOCOL section 4): each with the limits and refusals of its sftp-server. What the file system
// does not have is unsupported.

import type { ExtensionKey } from '@sallyport/protocol/sftp/extensions';
import { fileSystemFields, limitFields, nameLists } from '@sallyport/protocol/sftp/extensions';
import { maximumPacketBytes } from '@sallyport/protocol/sftp/packets';
import { statusCodes } from '@sallyport/protocol/sftp/status';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';

import type { Answer } from './answers.ts';
import { endOfFile, failure, ok, oneName, status, unsupported } from './answers.ts';
import { fileOf } from './handle-requests.ts';
import { settingLines, sftpLines } from './log-lines.ts';
import type { OpenFile } from './open-handles.ts';
import type { RequestHandlers, Serving } from './request-handlers.ts';
import { maximumReadBytes } from './room-pool.ts';
import type { Awaitable, Steps } from './steps.ts';
import { of } from './steps.ts';

export const extensionRequests: RequestHandlers<ExtensionKey> = {
  *posixRename(serving, { from, to }) {
    serving.log?.(sftpLines.between('posix-rename', from, to));
    if (serving.fs.rename === undefined) return unsupported;
    yield* of(serving.fs.rename(from, to, { replace: true }));
    return ok;
  },
  *statvfs(serving, { path }) {
    serving.log?.(sftpLines.named('info', 'statvfs', path));
    if (serving.fs.fileSystem === undefined) return unsupported;
    return { kind: 'extended', fields: fileSystemFields.encode(yield* of(serving.fs.fileSystem(path))) };
  },
  *fstatvfs(serving, { handle }) {
    const opened = fileOf(serving, handle);
    if (opened === undefined) return failure;
    if (opened.file.fileSystem === undefined) return unsupported;
    return { kind: 'extended', fields: fileSystemFields.encode(yield* of(opened.file.fileSystem())) };
  },
  *hardlink(serving, { from, to }) {
    serving.log?.(sftpLines.between('hardlink', from, to));
    if (serving.fs.hardLink === undefined) return unsupported;
    yield* of(serving.fs.hardLink(from, to));
    return ok;
  },
  *fsync(serving, { handle }) {
    const opened = fileOf(serving, handle);
    if (opened === undefined) return failure;
    serving.log?.(sftpLines.named('verbose', 'fsync', opened.path));
    if (opened.file.sync === undefined) return unsupported;
    yield* of(opened.file.sync());
    return ok;
  },
  *lsetstat(serving, { path, attributes }) {
    const { size, ...others } = attributes;
    settingLines(path, others, serving.log);
    if (serving.fs.setStat === undefined) return unsupported;
    yield* of(serving.fs.setStat(path, others, { follow: false }));
    // A link has no size that could be set.
    return size === undefined ? ok : status(statusCodes.badMessage);
  },
  limits(serving) {
    const fields = limitFields.encode({
      packetBytes: BigInt(maximumPacketBytes),
      readBytes: BigInt(maximumReadBytes),
      writeBytes: BigInt(maximumReadBytes),
      openHandles: BigInt(serving.maximumHandles),
    });
    return of<Answer>({ kind: 'extended', fields });
  },
  *expandPath(serving, { path }) {
    const expanded = yield* expand(serving, path);
    if (expanded === undefined) return status(statusCodes.noSuchFile, 'no such user');
    serving.log?.(sftpLines.named('verbose', 'expand', expanded));
    return oneName(yield* of(serving.fs.realPath(expanded)));
  },
  *copyData(serving, { readHandle, readOffset, length, writeHandle, writeOffset }) {
    const from = fileOf(serving, readHandle);
    const to = fileOf(serving, writeHandle);
    if (from === undefined || to === undefined || (yield* isOneFile(from, to))) return failure;
    return yield* copy(serving, { from, to, readOffset, length, writeOffset });
  },
  *homeDirectory(serving, { user }) {
    const home = yield* of(serving.fs.homeOf?.(user));
    if (home === undefined) return failure;
    serving.log?.(sftpLines.named('verbose', 'home-directory', home));
    return oneName(home);
  },
  *usersGroupsById(serving, { users, groups }) {
    const { fs, log } = serving;
    log?.(sftpLines.idsAsked(users.length, groups.length));
    if (fs.userName === undefined) return unsupported;
    const fields = nameLists.encode({
      users: yield* namesOf(serving, users, (uid) => fs.userName?.(uid)),
      groups: yield* namesOf(serving, groups, (gid) => fs.groupName?.(gid)),
    });
    return { kind: 'extended', fields };
  },
};

/** Look-ups of names that are made in one go. */
const namesAtATime = 50;

function* namesOf(
  serving: Serving,
  ids: readonly number[],
  name: (id: number) => Awaitable<string | undefined>,
): Steps<Uint8Array[]> {
  const names: Uint8Array[] = [];
  for (const id of ids) {
    if (names.length % namesAtATime === namesAtATime - 1) yield* of(serving.breathe());
    if (serving.isOver) break;
    names.push(utf8Encode((yield* of(name(id))) ?? ''));
  }
  return names;
}

const tilde = 0x7e;
const slash = 0x2f;
const dot = Uint8Array.of(0x2e);

/** `~` is where the client started, `~user` that user's home; undefined when there is no such user. */
function* expand({ fs, logError }: Serving, path: Uint8Array): Steps<Uint8Array | undefined> {
  if (path.length === 0) return dot;
  if (path[0] === slash) return path;
  const start = yield* of(fs.realPath(dot));
  if (path[0] !== tilde) return below(start, path);
  const at = path.indexOf(slash);
  const user = path.subarray(1, at < 0 ? path.length : at);
  if (user.length === 0) return at < 0 ? start : below(start, path.subarray(at + 1));
  const home = yield* of(fs.homeOf?.(user));
  if (home === undefined) logError?.(sftpLines.noSuchUser(user));
  return home && below(home, path.subarray(at < 0 ? path.length : at + 1));
}

function below(folder: Uint8Array, path: Uint8Array): Uint8Array {
  return concatBytes(folder, Uint8Array.of(slash), path);
}

function* isOneFile(from: OpenFile, to: OpenFile): Steps<boolean> {
  if (from === to || Buffer.compare(from.path, to.path) === 0) return true;
  const [one, other] = [yield* of(from.file.identity?.()), yield* of(to.file.identity?.())];
  return one !== undefined && one === other;
}

interface Copy {
  readonly from: OpenFile;
  readonly to: OpenFile;
  readonly readOffset: bigint;
  /** 0: to the end. */
  readonly length: bigint;
  readonly writeOffset: bigint;
}

function* copy(serving: Serving, { from, to, readOffset, length, writeOffset }: Copy): Steps<Answer> {
  const room = serving.rooms.take(maximumReadBytes);
  try {
    let done = 0n;
    for (;;) {
      const left = length === 0n ? BigInt(room.length) : min(length - done, BigInt(room.length));
      if (left === 0n) return ok;
      const part = room.subarray(0, Number(left));
      const count = yield* of(from.file.read(part, readOffset + done));
      if (serving.isOver) return failure;
      if (count === 0) return length === 0n ? ok : endOfFile;
      from.readBytes += BigInt(count);
      yield* of(to.file.write(part.subarray(0, count), writeOffset + done));
      to.writtenBytes += BigInt(count);
      done += BigInt(count);
      yield* of(serving.breathe());
    }
  } finally {
    serving.rooms.give(room);
  }
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
