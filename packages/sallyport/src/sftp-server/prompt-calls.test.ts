import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { isAllLocal, promptCalls } from './prompt-calls.ts';

const disk = '21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n';
const remote = '40 21 0:38 / /home rw shared:2 - nfs4 server:/home rw,vers=4.2\n';

test('calls answer at once until one takes long, then go by the pool for a while', async () => {
  await using folder = await TemporaryFolder.create();
  const fd = fs.openSync(await folder.write('file', 'text'), 'r+');
  let clock = 0;
  let costMs = 0.001;
  const now = (): number => {
    clock += costMs;
    return clock;
  };
  const calls = promptCalls({ now, mounts: () => disk });
  const room = new Uint8Array(9);
  for (let i = 0; i < 50; i++) assert.equal(calls.read(fd, room, 1), 3);
  costMs = 50;
  assert.ok(!(calls.fstat(fd) instanceof Promise));
  costMs = 0.001;
  const pooled = Array.from({ length: 200 }, () => calls.read(fd, room, 0));
  assert.ok(pooled.every((reading) => reading instanceof Promise));
  assert.deepEqual([...new Set(await Promise.all(pooled))], [4]);
  assert.equal(calls.read(fd, room, 0), 4);
  const syncing = calls.sync(fd);
  assert.ok(syncing instanceof Promise);
  await syncing;
  assert.equal(calls.close(fd), undefined);
  assert.throws(() => calls.lstat('/nowhere/at/all'), { code: 'ENOENT' });
});

test('a write that has to be done at once is done, or says that it was not', async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('file', '....');
  const fd = fs.openSync(path, 'r+');
  let costMs = 0.001;
  let clock = 0;
  const now = (): number => {
    clock += costMs;
    return clock;
  };
  const calls = promptCalls({ now, mounts: () => disk });
  assert.equal(calls.writeNow(fd, Buffer.from('ab'), 1), 2);
  costMs = 50;
  assert.equal(calls.writeNow(fd, Buffer.from('c'), 3), 1);
  costMs = 0.001;
  assert.equal(calls.writeNow(fd, Buffer.from('d'), 0), 0);
  assert.equal(promptCalls({ mounts: () => remote }).writeNow(fd, Buffer.from('d'), 0), 0);
  assert.equal(fs.readFileSync(path, 'utf8'), '.abc');
  fs.closeSync(fd);
});

test('a file is cut at once, but by the pool where much is given back', async () => {
  await using folder = await TemporaryFolder.create();
  const fd = fs.openSync(await folder.write('file', 'text'), 'r+');
  const calls = promptCalls({ now: () => 0, mounts: () => disk });
  assert.equal(calls.ftruncate(fd, 2), undefined);
  assert.equal(calls.ftruncate(fd, 2 ** 30), undefined);
  const cutting = calls.ftruncate(fd, 1);
  assert.ok(cutting instanceof Promise);
  await cutting;
  assert.equal(fs.fstatSync(fd).size, 1);
  fs.closeSync(fd);
});

test('where a server is mounted, or what is mounted is not known, everything goes by the pool', async () => {
  let mounts = disk + remote;
  let clock = 0;
  const calls = promptCalls({ now: () => clock, mounts: () => mounts });
  assert.ok((await calls.lstat('/')).isDirectory());
  assert.ok(calls.lstat('/') instanceof Promise);
  mounts = disk;
  clock = 5000;
  assert.ok(!(calls.lstat('/') instanceof Promise));
  mounts = 'unknown';
  clock = 10_000;
  assert.ok(calls.lstat('/') instanceof Promise);
  assert.ok(!isAllLocal(`${disk}50 21 0:40 / /home/me/gvfs rw - fuse.gvfsd-fuse gvfsd rw\n`));
  assert.ok(isAllLocal(`${disk}50 21 0:40 / /proc/sys/fs/binfmt_misc rw - autofs systemd-1 rw\n`));
  assert.ok(!isAllLocal(`${disk}50 21 0:40 / /net rw - autofs auto.net rw\n`));
});
