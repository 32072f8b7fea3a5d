// The calls of node:fs that a served file system needs, as two tables of one shape: those that block, for a process
// that serves one client, and those of the runtime's pool of threads, for one that does other work meanwhile.

import * as fs from 'node:fs';

import type { Awaitable } from './steps.ts';

/** Bytes of a path; a text as UTF-8. */
export type CallPath = Buffer | string;

export interface FileCalls {
  open(path: CallPath, flags: number, mode?: number): Awaitable<number>;
  close(fd: number): Awaitable<void>;
  /** At a position that a number holds. */
  read(fd: number, room: Uint8Array, position: number): Awaitable<number>;
  write(fd: number, data: Uint8Array, position: number): Awaitable<number>;
  /** The same if it can be done at once; 0 if not. */
  writeNow(fd: number, data: Uint8Array, position: number): number;
  sync(fd: number): Awaitable<void>;
  lstat(path: CallPath): Awaitable<fs.BigIntStats>;
  stat(path: CallPath): Awaitable<fs.BigIntStats>;
  fstat(fd: number): Awaitable<fs.BigIntStats>;
  truncate(path: CallPath, length: number): Awaitable<void>;
  ftruncate(fd: number, length: number): Awaitable<void>;
  chmod(path: CallPath, mode: number): Awaitable<void>;
  fchmod(fd: number, mode: number): Awaitable<void>;
  chown(path: CallPath, uid: number, gid: number): Awaitable<void>;
  lchown(path: CallPath, uid: number, gid: number): Awaitable<void>;
  fchown(fd: number, uid: number, gid: number): Awaitable<void>;
  utimes(path: CallPath, access: number, modification: number): Awaitable<void>;
  lutimes(path: CallPath, access: number, modification: number): Awaitable<void>;
  futimes(fd: number, access: number, modification: number): Awaitable<void>;
  mkdir(path: CallPath, mode: number): Awaitable<void>;
  rmdir(path: CallPath): Awaitable<void>;
  unlink(path: CallPath): Awaitable<void>;
  rename(from: CallPath, to: CallPath): Awaitable<void>;
  link(existing: CallPath, made: CallPath): Awaitable<void>;
  symlink(target: CallPath, made: CallPath): Awaitable<void>;
  readlink(path: CallPath): Awaitable<Buffer>;
}

const asBytes = { encoding: 'buffer' } as const;
/** Sizes that a double cannot hold. */
const exact = { bigint: true } as const;

export const blockingCalls: FileCalls = {
  open: (path, flags, mode) => fs.openSync(path, flags, mode),
  close: (fd) => fs.closeSync(fd),
  read: (fd, room, position) => fs.readSync(fd, room, 0, room.length, position),
  write: (fd, data, position) => fs.writeSync(fd, data, 0, data.length, position),
  writeNow: (fd, data, position) => fs.writeSync(fd, data, 0, data.length, position),
  sync: (fd) => fs.fsyncSync(fd),
  lstat: (path) => fs.lstatSync(path, exact),
  stat: (path) => fs.statSync(path, exact),
  fstat: (fd) => fs.fstatSync(fd, exact),
  truncate: (path, length) => fs.truncateSync(path, length),
  ftruncate: (fd, length) => fs.ftruncateSync(fd, length),
  chmod: (path, mode) => fs.chmodSync(path, mode),
  fchmod: (fd, mode) => fs.fchmodSync(fd, mode),
  chown: (path, uid, gid) => fs.chownSync(path, uid, gid),
  lchown: (path, uid, gid) => fs.lchownSync(path, uid, gid),
  fchown: (fd, uid, gid) => fs.fchownSync(fd, uid, gid),
  utimes: (path, access, modification) => fs.utimesSync(path, access, modification),
  lutimes: (path, access, modification) => fs.lutimesSync(path, access, modification),
  futimes: (fd, access, modification) => fs.futimesSync(fd, access, modification),
  mkdir: (path, mode) => {
    fs.mkdirSync(path, mode);
  },
  rmdir: (path) => fs.rmdirSync(path),
  unlink: (path) => fs.unlinkSync(path),
  rename: (from, to) => fs.renameSync(from, to),
  link: (existing, made) => fs.linkSync(existing, made),
  symlink: (target, made) => fs.symlinkSync(target, made),
  readlink: (path) => fs.readlinkSync(path, asBytes),
};

type Done<T> = (error: Error | null, value: T) => void;

function value<T>(start: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error === null || error === undefined ? resolve(result) : reject(error)));
  });
}

function done(start: (end: (error?: Error | null) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    start((error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

export const pooledCalls: FileCalls = {
  open: (path, flags, mode) => value((end) => fs.open(path, flags, mode, end)),
  close: (fd) => done((end) => fs.close(fd, end)),
  read: (fd, room, position) => value((end) => fs.read(fd, room, 0, room.length, position, end)),
  write: (fd, data, position) => value((end) => fs.write(fd, data, 0, data.length, position, end)),
  writeNow: () => 0,
  sync: (fd) => done((end) => fs.fsync(fd, end)),
  lstat: (path) => value((end) => fs.lstat(path, exact, end)),
  stat: (path) => value((end) => fs.stat(path, exact, end)),
  fstat: (fd) => value((end) => fs.fstat(fd, exact, end)),
  truncate: (path, length) => done((end) => fs.truncate(path, length, end)),
  ftruncate: (fd, length) => done((end) => fs.ftruncate(fd, length, end)),
  chmod: (path, mode) => done((end) => fs.chmod(path, mode, end)),
  fchmod: (fd, mode) => done((end) => fs.fchmod(fd, mode, end)),
  chown: (path, uid, gid) => done((end) => fs.chown(path, uid, gid, end)),
  lchown: (path, uid, gid) => done((end) => fs.lchown(path, uid, gid, end)),
  fchown: (fd, uid, gid) => done((end) => fs.fchown(fd, uid, gid, end)),
  utimes: (path, access, modification) => done((end) => fs.utimes(path, access, modification, end)),
  lutimes: (path, access, modification) => done((end) => fs.lutimes(path, access, modification, end)),
  futimes: (fd, access, modification) => done((end) => fs.futimes(fd, access, modification, end)),
  mkdir: (path, mode) => done((end) => fs.mkdir(path, mode, (error) => end(error))),
  rmdir: (path) => done((end) => fs.rmdir(path, end)),
  unlink: (path) => done((end) => fs.unlink(path, end)),
  rename: (from, to) => done((end) => fs.rename(from, to, end)),
  link: (existing, made) => done((end) => fs.link(existing, made, end)),
  symlink: (target, made) => done((end) => fs.symlink(target, made, end)),
  readlink: (path) => value((end) => fs.readlink(path, asBytes, end)),
};
