import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fstatSync, openSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { test } from 'node:test';
import { peerCredentials, receiveDescriptors, sendDescriptors } from './descriptor-passing.ts';
import {
  accessMode,
  closeDescriptor,
  duplicate,
  duplicateTo,
  growPipe,
  keepStandardFlags,
  makePipe,
  setCloseOnExec,
  setNonBlocking,
  socketPair,
  statusFlags,
} from './descriptors.ts';

const nonBlocking = 0o4000;

function readText(fd: number): string {
  const room = Buffer.alloc(100);
  return room.toString('utf8', 0, readSync(fd, room));
}

test('A pipe carries bytes from its writing to its reading end', () => {
  const { readFd, writeFd } = makePipe();
  writeSync(writeFd, 'through');
  assert.equal(readText(readFd), 'through');
  assert.deepEqual(accessMode(readFd), { readable: true, writable: false });
  assert.deepEqual(accessMode(writeFd), { readable: false, writable: true });
  closeDescriptor(writeFd);
  assert.equal(readText(readFd), '');
  closeDescriptor(readFd);
  assert.throws(() => closeDescriptor(readFd), { code: 'EBADF' });
});

test('A copy means the same open file, at a number of our choice', () => {
  const { readFd, writeFd } = makePipe();
  const copy = duplicate(writeFd, 100);
  assert.ok(copy >= 100);
  duplicateTo(writeFd, copy + 1);
  assert.equal(fstatSync(copy).ino, fstatSync(copy + 1).ino);
  for (const fd of [readFd, writeFd, copy, copy + 1]) closeDescriptor(fd);
});

test('Non-blocking mode goes on and off and leaves the other flags alone', () => {
  const fd = openSync('/dev/null', 'a');
  const before = statusFlags(fd);
  setNonBlocking(fd, true);
  assert.equal(statusFlags(fd), before | nonBlocking);
  setNonBlocking(fd, false);
  assert.equal(statusFlags(fd), before);
  closeDescriptor(fd);
});

test('A pipe can be made larger, and a wish beyond the limit leaves it as it is', () => {
  const { readFd, writeFd } = makePipe();
  assert.equal(growPipe(writeFd, 256 * 1024), 256 * 1024);
  assert.throws(() => growPipe(-1, 4096), { code: 'EBADF' });
  closeDescriptor(readFd);
  closeDescriptor(writeFd);
});

test('The flags of the standard descriptors are put back at exit', () => {
  const { readFd, writeFd } = makePipe();
  const module = new URL('./descriptors.js', import.meta.url).href;
  const script = `
    const { keepStandardFlags, setNonBlocking, statusFlags } = await import('${module}');
    keepStandardFlags();
    setNonBlocking(2, true);
    if ((statusFlags(2) & ${nonBlocking}) === 0) process.exit(9);
    process.exit(0);`;
  execFileSync(process.execPath, ['-e', script], { stdio: ['ignore', 'ignore', writeFd], env: {}, timeout: 20_000 });
  assert.equal(statusFlags(writeFd) & nonBlocking, 0);
  const before = statusFlags(0);
  keepStandardFlags()();
  assert.equal(statusFlags(0), before);
  closeDescriptor(readFd);
  closeDescriptor(writeFd);
});

test('A descriptor closes itself in children unless told otherwise', () => {
  const { readFd, writeFd } = makePipe();
  const isOpenInChild = (): string =>
    execFileSync('/bin/sh', ['-c', `[ -e /proc/self/fd/${writeFd} ] && echo yes || echo no`], {
      encoding: 'utf8',
    }).trim();
  assert.equal(isOpenInChild(), 'no');
  setCloseOnExec(writeFd, false);
  if (process.versions['bun'] === undefined) assert.equal(isOpenInChild(), 'yes');
  setCloseOnExec(writeFd, true);
  assert.equal(isOpenInChild(), 'no');
  closeDescriptor(readFd);
  closeDescriptor(writeFd);
});

test('Descriptors travel with data through a unix socket and arrive as open copies', () => {
  for (const type of ['stream', 'seqpacket'] as const) {
    const [ours, theirs] = socketPair(type);
    const { readFd, writeFd } = makePipe();
    assert.equal(sendDescriptors(ours, [writeFd, readFd], Buffer.from('two ends')), true);
    closeDescriptor(writeFd);
    const got = receiveDescriptors(theirs, { maximumDescriptors: 4, maximumBytes: 100 });
    assert.equal(got?.data.toString(), 'two ends');
    const [gotWrite, gotRead] = got?.descriptors ?? [];
    writeSync(gotWrite as number, 'alive');
    assert.equal(readText(readFd), 'alive');
    assert.equal(readlinkSync(`/proc/self/fd/${gotRead}`), readlinkSync(`/proc/self/fd/${readFd}`));
    for (const fd of [gotWrite as number, gotRead as number, readFd, ours, theirs]) closeDescriptor(fd);
  }
});

test('An empty socket answers undefined, a closed one an empty message', () => {
  const [ours, theirs] = socketPair();
  const limits = { maximumDescriptors: 1, maximumBytes: 10 };
  assert.equal(receiveDescriptors(theirs, limits), undefined);
  closeDescriptor(ours);
  const end = receiveDescriptors(theirs, { ...limits, wait: true });
  assert.deepEqual([end?.descriptors, end?.data.length], [[], 0]);
  closeDescriptor(theirs);
});

test('A message without descriptors is only its data', () => {
  const [ours, theirs] = socketPair();
  sendDescriptors(ours, [], Buffer.from('plain'));
  const got = receiveDescriptors(theirs, { maximumDescriptors: 2, maximumBytes: 10 });
  assert.deepEqual([got?.descriptors, got?.data.toString()], [[], 'plain']);
  closeDescriptor(ours);
  closeDescriptor(theirs);
});

test('More descriptors than allowed are refused and none stays open', () => {
  const [ours, theirs] = socketPair('seqpacket');
  const { readFd, writeFd } = makePipe();
  sendDescriptors(ours, [writeFd, writeFd, writeFd, writeFd], Buffer.from('x'));
  closeDescriptor(writeFd);
  assert.throws(() => receiveDescriptors(theirs, { maximumDescriptors: 1, maximumBytes: 10 }), { code: 'EMSGSIZE' });
  assert.equal(readText(readFd), '');
  for (const fd of [readFd, ours, theirs]) closeDescriptor(fd);
});

test('A full socket answers false, and nothing or too much to send is refused', () => {
  const [ours, theirs] = socketPair('seqpacket');
  setNonBlocking(ours, true);
  const message = Buffer.alloc(4096);
  let sent = 0;
  while (sendDescriptors(ours, [0], message)) sent++;
  assert.ok(sent > 2);
  assert.throws(() => sendDescriptors(ours, [0], Buffer.alloc(0)), { code: 'EINVAL' });
  assert.throws(() => sendDescriptors(ours, new Array(300).fill(0), message), { code: 'EINVAL' });
  assert.throws(() => sendDescriptors(theirs, [-1], message), { code: 'EBADF' });
  for (; sent > 0; sent--) {
    const got = receiveDescriptors(theirs, { maximumDescriptors: 1, maximumBytes: 4096 });
    closeDescriptor(got?.descriptors[0] ?? -1);
  }
  closeDescriptor(theirs);
  assert.throws(() => sendDescriptors(ours, [0], message), { code: 'EPIPE' });
  closeDescriptor(ours);
});

test('The peer of a socket pair is this process', () => {
  const [ours, theirs] = socketPair();
  assert.deepEqual(peerCredentials(ours), { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() });
  closeDescriptor(ours);
  closeDescriptor(theirs);
});
