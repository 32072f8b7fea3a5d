import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { codeOf } from './file-error.ts';
import type { OpenOptions, SftpFileSystem } from './file-system.ts';
import { localFileSystem } from './local-file-system.ts';
import { listingTime, logTime } from './local-time.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (value: Uint8Array): string => Buffer.from(value).toString('latin1');
const follow = { follow: true } as const;
const noFollow = { follow: false } as const;
const reading: OpenOptions = {
  read: true,
  write: false,
  append: false,
  create: false,
  truncate: false,
  exclusive: false,
  permissions: 0o644,
};
const creating: OpenOptions = { ...reading, write: true, create: true };

async function failsWith(code: string, work: () => unknown): Promise<void> {
  await assert.rejects(
    async () => work(),
    (error) => codeOf(error) === code,
    `expected ${code}`,
  );
}

async function names(served: SftpFileSystem, path: string): Promise<string[]> {
  const directory = await served.openDirectory(bytes(path));
  const found: string[] = [];
  for (;;) {
    const entries = await directory.read();
    if (entries.length === 0) break;
    found.push(...entries.map(({ name }) => text(name)));
  }
  await directory.close();
  return found.sort();
}

const kinds = [
  { name: 'contained', isContained: true, blocking: false },
  { name: 'contained, blocking', isContained: true, blocking: true },
  { name: 'plain', isContained: false, blocking: false },
  { name: 'plain, blocking', isContained: false, blocking: true },
] as const;

/** The same folder as a root, or as the place where relative paths begin. */
function serve(kind: (typeof kinds)[number], folder: TemporaryFolder): ReturnType<typeof localFileSystem> {
  const { isContained, blocking } = kind;
  return localFileSystem(isContained ? { root: folder.path, blocking } : { start: folder.path, blocking });
}

for (const kind of kinds) {
  test(`${kind.name}: files are made, read, changed and removed`, async () => {
    await using folder = await TemporaryFolder.create();
    const served = serve(kind, folder);
    const name = bytes('a name\n\xff\xfe');
    const file = await served.open(name, creating);
    await file.write(bytes('hello world'), 0n);
    await file.write(bytes('W'), 6n);
    const room = new Uint8Array(100);
    assert.equal(await file.read(room, 4n), 7);
    assert.equal(text(room.subarray(0, 7)), 'o World');
    assert.equal(await file.read(room, 11n), 0);
    await file.setStat?.({ size: 5n, permissions: 0o100751, accessTime: 5, modificationTime: 4_000_000_000 });
    const status = await file.stat();
    assert.equal(status.size, 5n);
    assert.equal((status.permissions ?? 0) & 0o7777, 0o751);
    assert.equal(status.modificationTime, 4_000_000_000);
    await file.sync?.();
    await file.close();
    assert.deepEqual(await names(served, '.'), ['.', '..', text(name)]);
    await served.setStat?.(name, { permissions: 0o640, size: 3n }, follow);
    assert.equal((await served.stat(name, follow)).size, 3n);
    await served.rename?.(name, bytes('b'), { replace: false });
    await failsWith('ENOENT', () => served.stat(name, noFollow));
    await served.remove?.(bytes('b'));
    assert.deepEqual(fs.readdirSync(folder.path), []);
    served.close();
  });

  test(`${kind.name}: a rename without replace never takes the place of anything`, async () => {
    await using folder = await TemporaryFolder.create();
    const served = serve(kind, folder);
    await folder.write('one', '1');
    await folder.write('two', '2');
    fs.mkdirSync(folder.file('d1'));
    fs.mkdirSync(folder.file('d2'));
    fs.symlinkSync('nowhere', folder.file('dangling'));
    for (const to of ['two', 'd1', 'one', 'dangling'])
      await failsWith('EEXIST', () => served.rename?.(bytes('one'), bytes(to), { replace: false }));
    for (const to of ['d2', 'two', 'dangling'])
      await failsWith('EEXIST', () => served.rename?.(bytes('d1'), bytes(to), { replace: false }));
    await served.rename?.(bytes('d1'), bytes('d3'), { replace: false });
    await served.rename?.(bytes('one'), bytes('two'), { replace: true });
    assert.equal(fs.readFileSync(folder.file('two'), 'utf8'), '1');
    assert.deepEqual(fs.readdirSync(folder.path).sort(), ['d2', 'd3', 'dangling', 'two']);
    served.close();
  });

  test(`${kind.name}: links are made, read, followed or not`, async () => {
    await using folder = await TemporaryFolder.create();
    const served = serve(kind, folder);
    await folder.write('file', 'text', 0o600);
    fs.mkdirSync(folder.file('sub'));
    await served.symbolicLink?.(bytes('../file'), bytes('sub/link'));
    assert.equal(text((await served.readLink?.(bytes('sub/link'))) ?? bytes('')), '../file');
    assert.equal((await served.stat(bytes('sub/link'), follow)).size, 4n);
    assert.equal(((await served.stat(bytes('sub/link'), noFollow)).permissions ?? 0) >> 12, 0o12);
    await served.setStat?.(bytes('sub/link'), { permissions: 0o644 }, follow);
    assert.equal(fs.statSync(folder.file('file')).mode & 0o777, 0o644);
    await failsWith('EOPNOTSUPP', () => served.setStat?.(bytes('sub/link'), { permissions: 0o600 }, noFollow));
    await served.setStat?.(bytes('sub/link'), { accessTime: 7, modificationTime: 9 }, noFollow);
    assert.equal(fs.lstatSync(folder.file('sub/link')).mtimeMs, 9000);
    assert.notEqual(fs.statSync(folder.file('file')).mtimeMs, 9000);
    await served.setStat?.(bytes('file'), { permissions: 0o604 }, noFollow);
    assert.equal(fs.statSync(folder.file('file')).mode & 0o777, 0o604);
    await served.hardLink?.(bytes('file'), bytes('sub/hard'));
    assert.equal(fs.statSync(folder.file('file')).nlink, 2);
    const real = text(await served.realPath(bytes('sub/../sub/./link')));
    assert.equal(real, kind.isContained ? '/file' : `${fs.realpathSync(folder.path)}/file`);
    fs.symlinkSync('loop2', folder.file('loop1'));
    fs.symlinkSync('loop1', folder.file('loop2'));
    await failsWith('ELOOP', () => served.stat(bytes('loop1'), follow));
    await failsWith('ELOOP', () => served.realPath(bytes('loop1/x')));
    served.close();
  });

  test(`${kind.name}: the real path of what is missing at the end is given, before the end refused`, async () => {
    await using folder = await TemporaryFolder.create();
    const served = serve(kind, folder);
    await folder.write('file', '');
    const top = kind.isContained ? '' : fs.realpathSync(folder.path);
    assert.equal(text(await served.realPath(bytes('missing'))), `${top}/missing`);
    assert.equal(text(await served.realPath(bytes('missing/'))), `${top}/missing`);
    assert.equal(text(await served.realPath(bytes(''))), top === '' ? '/' : top);
    assert.equal(text(await served.realPath(bytes('//..//'))), '/');
    await failsWith('ENOENT', () => served.realPath(bytes('missing/x')));
    await failsWith('ENOTDIR', () => served.realPath(bytes('file/x')));
    await failsWith('ENOENT', () => served.stat(bytes(''), follow));
    await failsWith('EINVAL', () => served.stat(bytes('a\0b'), follow));
    await failsWith('ENAMETOOLONG', () => served.stat(bytes('x'.repeat(300)), follow));
    await failsWith('ENAMETOOLONG', () => served.stat(bytes('x/'.repeat(2100)), follow));
    served.close();
  });

  test(`${kind.name}: positions up to 2^63 - 1 are exact, others refused`, async (context) => {
    if (!fs.existsSync('/dev/shm')) return context.skip('no /dev/shm, which holds files of that size');
    const path = fs.mkdtempSync('/dev/shm/sallyport-test-');
    try {
      const served = localFileSystem(
        kind.isContained ? { root: path, blocking: kind.blocking } : { start: path, blocking: kind.blocking },
      );
      const file = await served.open(bytes('sparse'), creating);
      const room = new Uint8Array(8);
      for (const position of [(1n << 53n) - 2n, (1n << 53n) + 1n, (1n << 62n) + 3n, (1n << 63n) - 9n]) {
        const mark = bytes(String(position).slice(0, 6));
        await file.write(mark, position);
        assert.equal((await file.stat()).size, position + 6n);
        assert.equal(await file.read(room.subarray(0, 6), position), 6);
        assert.equal(text(room.subarray(0, 6)), text(mark));
        assert.equal((await served.stat(bytes('sparse'), follow)).size, position + 6n);
      }
      assert.equal(await file.read(room, 0n), 8);
      assert.deepEqual([...room], [0, 0, 0, 0, 0, 0, 0, 0]);
      await failsWith('EINVAL', () => file.write(room, 1n << 63n));
      await failsWith('EINVAL', () => file.read(room, (1n << 64n) - 1n));
      await file.setStat?.({ size: (1n << 62n) + 1n });
      assert.equal((await file.stat()).size, (1n << 62n) + 1n);
      await served.setStat?.(bytes('sparse'), { size: (1n << 61n) + 1n }, follow);
      assert.equal((await file.stat()).size, (1n << 61n) + 1n);
      await file.close();
      served.close();
    } finally {
      fs.rmSync(path, { recursive: true });
    }
  });
}

test('a pipe that nobody writes to does not stop the server', async () => {
  await using folder = await TemporaryFolder.create();
  const { spawnSync } = await import('node:child_process');
  assert.equal(spawnSync('mkfifo', [folder.file('pipe')]).status, 0);
  const served = localFileSystem({ root: folder.path });
  const file = await served.open(bytes('pipe'), reading);
  await failsWith('ESPIPE', () => file.read(new Uint8Array(1), 0n));
  await file.close();
  served.close();
});

test('a directory of 1,200 names is read in parts, each name with a line as of `ls -l`', async () => {
  await using folder = await TemporaryFolder.create();
  for (let i = 0; i < 1200; i++) fs.closeSync(fs.openSync(folder.file(`n${i}`), 'w', 0o640));
  const served = localFileSystem({ root: folder.path });
  const directory = await served.openDirectory(bytes('/'));
  const first = await directory.read();
  assert.equal(first.length, 100);
  const entry = first.find(({ name }) => text(name).startsWith('n'));
  assert.match(
    text(entry?.longName ?? bytes('')),
    /^-rw-r----- {4}1 \S+ +\S+ + 0 [A-Z][a-z]{2} [ 1-3]\d \d\d:\d\d n\d+$/,
  );
  await directory.close();
  assert.equal((await names(served, '/')).length, 1202);
  served.close();
});

test('the file system and its room are told', async () => {
  await using folder = await TemporaryFolder.create();
  const served = localFileSystem({ root: folder.path });
  const found = await served.fileSystem?.(bytes('/'));
  assert.ok(found !== undefined && found.blocks > 0n && found.maximumNameBytes === 255n);
  const file = await served.open(bytes('f'), creating);
  assert.equal((await file.fileSystem?.())?.fragmentBytes, found.fragmentBytes);
  assert.equal(await file.identity?.(), await file.identity?.());
  await file.close();
  served.close();
});

test('times are written as ls and as the log write them', () => {
  const when = new Date(2026, 0, 5, 9, 7, 3).getTime();
  assert.equal(listingTime(when, when + 1000), 'Jan  5 09:07');
  assert.equal(listingTime(when, when + 200 * 86_400_000), 'Jan  5  2026');
  assert.equal(listingTime(when, when - 2000), 'Jan  5  2026');
  assert.equal(listingTime(when + 0.5, when), 'Jan  5 09:07');
  assert.equal(logTime(when / 1000), '20260105-09:07:03');
});
