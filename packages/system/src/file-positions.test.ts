import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { nextNames } from './directory-entries.ts';
import { readAt, truncateAt, writeAt } from './file-positions.ts';
import { fileSystemStatus } from './file-system-status.ts';
import { pathString } from './memory.ts';

test('files are read, written and cut at positions beyond 2^53', (context) => {
  if (!fs.existsSync('/dev/shm')) return context.skip('no /dev/shm, which holds files of that size');
  const path = `/dev/shm/sallyport-test-${process.pid}`;
  const fd = fs.openSync(path, 'w+');
  try {
    const position = (1n << 62n) + 1n;
    assert.equal(writeAt(fd, Buffer.from('abc'), position), 3);
    const room = Buffer.alloc(10);
    assert.equal(readAt(fd, room, position + 1n), 2);
    assert.equal(room.toString('latin1', 0, 2), 'bc');
    assert.equal(readAt(fd, room, position + 3n), 0);
    truncateAt(fd, position + 1n);
    assert.equal(fs.fstatSync(fd, { bigint: true }).size, position + 1n);
    assert.equal(writeAt(fd, Buffer.alloc(0), 0n), 0);
    assert.throws(() => writeAt(fd, room, -1n), { code: 'EINVAL' });
  } finally {
    fs.closeSync(fd);
    fs.rmSync(path);
  }
});

test('the names of a directory come in parts, as bytes, until there are none', async () => {
  await using folder = await TemporaryFolder.create();
  const odd = Buffer.from([0x61, 0xff, 0x0a, 0x62]);
  fs.writeFileSync(Buffer.concat([Buffer.from(`${folder.path}/`), odd]), '');
  for (let i = 0; i < 2000; i++) fs.closeSync(fs.openSync(folder.file(`a-longer-name-${i}`), 'w'));
  const fd = fs.openSync(folder.path, fs.constants.O_DIRECTORY);
  const found: string[] = [];
  let parts = 0;
  for (let names = nextNames(fd); names.length > 0; names = nextNames(fd)) {
    found.push(...names.map((name) => Buffer.from(name).toString('latin1')));
    parts++;
  }
  fs.closeSync(fd);
  assert.ok(parts > 1);
  assert.equal(found.length, 2003);
  assert.ok(['.', '..', 'a\xff\nb'].every((name) => found.includes(name)));
  assert.throws(() => nextNames(fd), { code: 'EBADF' });
});

test('the status of a file system has its room, its flags and the length of its names', async () => {
  await using folder = await TemporaryFolder.create();
  // Some file systems make room for more files as others write: one look between two equal ones counts.
  const known = (): readonly bigint[] => {
    const { blocks, files } = fs.statfsSync(folder.path, { bigint: true });
    return [blocks, files];
  };
  let [before, found, after] = [known(), fileSystemStatus(Buffer.from(folder.path)), known()];
  while (before.join() !== after.join()) {
    [before, found, after] = [after, fileSystemStatus(Buffer.from(folder.path)), known()];
  }
  assert.deepEqual([found.blocks, found.files], before);
  assert.equal(found.maximumNameBytes, 255n);
  assert.equal(fileSystemStatus(Buffer.from('/proc')).readOnly, false);
  const fd = fs.openSync(folder.path, 'r');
  assert.equal(fileSystemStatus(fd).id, found.id);
  fs.closeSync(fd);
  assert.throws(() => fileSystemStatus(Buffer.from('/nowhere')), { code: 'ENOENT' });
  assert.throws(() => pathString(Buffer.from('a\0b')), { code: 'EINVAL' });
});
