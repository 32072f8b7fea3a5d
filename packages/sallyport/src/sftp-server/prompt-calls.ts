// Calls that answer at once where files are on disks of this machine: that takes microseconds, less than a trip through
// the pool of threads. Where anything is mounted whose server may never answer everything goes by the pool, and so it
// does for a while after a call that took long.

import { fstatSync, readFileSync } from 'node:fs';

import type { FileCalls } from './file-calls.ts';
import { blockingCalls, pooledCalls } from './file-calls.ts';
import type { Awaitable } from './steps.ts';

/** File systems that ask nobody, as mountinfo names them. */
const localTypes: ReadonlySet<string> = new Set(
  (
    'ext2 ext3 ext4 xfs btrfs zfs f2fs tmpfs ramfs overlay squashfs vfat iso9660 proc sysfs devtmpfs devpts mqueue ' +
    'cgroup cgroup2 securityfs pstore bpf tracefs debugfs configfs hugetlbfs fusectl nsfs efivarfs binfmt_misc'
  ).split(' '),
);
/** What is mounted below these has to do with the system itself. */
const systemFolders = /^\/(proc|sys|dev)\//;

/** A call that takes longer sends the next ones to the pool. */
const defaultSlowMs = 2;
const callsOfPool = 200;
/** How long what is mounted is taken for known. */
const knownMs = 3000;

/** Whether every mount of a mountinfo (proc(5)) is on this machine. */
export function isAllLocal(mountInfo: string): boolean {
  const mounts = mountInfo.split('\n').filter((line) => line !== '');
  return mounts.every((line) => {
    const [before = '', after = ''] = line.split(' - ');
    return localTypes.has(after.split(' ')[0] ?? '') || systemFolders.test(before.split(' ')[4] ?? '');
  });
}

function readMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return 'unknown';
  }
}

export interface PromptOptions {
  readonly calls?: FileCalls;
  readonly now?: () => number;
  readonly mounts?: () => string;
  /** How long a call may take before the next ones go to the pool: 2 ms unless told. */
  readonly slowMs?: number;
}

/** Giving back more than this takes time. */
const littleBytes = 16 * 1024 * 1024;

/** What waits for the medium by its nature (sync, unlink, much to truncate) is left to the pool in any case. */
export function promptCalls(options: PromptOptions = {}): FileCalls {
  const { calls: prompt = blockingCalls, now = () => performance.now(), mounts = readMounts } = options;
  const { slowMs = defaultSlowMs } = options;
  let pooledLeft = 0;
  let knownUntil = Number.NEGATIVE_INFINITY;
  let isLocal = false;
  const isPrompt = (at: number): boolean => {
    if (at > knownUntil) {
      isLocal = isAllLocal(mounts());
      knownUntil = at + knownMs;
    }
    return isLocal && pooledLeft === 0;
  };
  const timed = <T>(began: number, choose: (calls: FileCalls) => T): T => {
    try {
      return choose(prompt);
    } finally {
      if (now() - began > slowMs) pooledLeft = callsOfPool;
    }
  };
  const call = <T>(choose: (calls: FileCalls) => Awaitable<T>): Awaitable<T> => {
    const began = now();
    if (isPrompt(began)) return timed(began, choose);
    pooledLeft = Math.max(0, pooledLeft - 1);
    return choose(pooledCalls);
  };
  return {
    ...pooledCalls,
    open: (path, flags, mode) => call((calls) => calls.open(path, flags, mode)),
    close: (fd) => call((calls) => calls.close(fd)),
    read: (fd, room, position) => call((calls) => calls.read(fd, room, position)),
    write: (fd, data, position) => call((calls) => calls.write(fd, data, position)),
    writeNow: (fd, data, position) => {
      const began = now();
      return isPrompt(began) ? timed(began, (calls) => calls.writeNow(fd, data, position)) : 0;
    },
    lstat: (path) => call((calls) => calls.lstat(path)),
    stat: (path) => call((calls) => calls.stat(path)),
    fstat: (fd) => call((calls) => calls.fstat(fd)),
    ftruncate: (fd, length) =>
      call((calls) => {
        const isLittle = calls !== prompt || fstatSync(fd).size - length <= littleBytes;
        return (isLittle ? calls : pooledCalls).ftruncate(fd, length);
      }),
    chmod: (path, mode) => call((calls) => calls.chmod(path, mode)),
    fchmod: (fd, mode) => call((calls) => calls.fchmod(fd, mode)),
    utimes: (path, access, modification) => call((calls) => calls.utimes(path, access, modification)),
    futimes: (fd, access, modification) => call((calls) => calls.futimes(fd, access, modification)),
    mkdir: (path, mode) => call((calls) => calls.mkdir(path, mode)),
    rename: (from, to) => call((calls) => calls.rename(from, to)),
    readlink: (path) => call((calls) => calls.readlink(path)),
  };
}
