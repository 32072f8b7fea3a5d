// Nothing that a client asks for, and nothing that somebody changes meanwhile, leaves the root.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { openBelow } from '@sallyport/testing/open-descriptors';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { blockingCalls } from './file-calls.ts';
import { codeOf } from './file-error.ts';
import type { LocalFileSystem } from './local-file-system.ts';
import { localFileSystem } from './local-file-system.ts';
import { ContainedPlaces } from './places.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const text = (value: Uint8Array): string => Buffer.from(value).toString('latin1');
const reading = { read: true, write: false, append: false, create: false, truncate: false, exclusive: false };
const open = { ...reading, permissions: 0o644 };

/** A root, and a secret beside it; links of every sort from the one to the other. */
async function scene(): Promise<{ folder: TemporaryFolder; root: string; served: LocalFileSystem }> {
  const folder = await TemporaryFolder.create();
  const root = folder.file('root');
  fs.mkdirSync(`${root}/inside/deep`, { recursive: true });
  fs.mkdirSync(folder.file('outside'));
  await folder.write('outside/secret', 'secret', 0o600);
  fs.writeFileSync(`${root}/file`, 'in the root');
  fs.symlinkSync(folder.file('outside'), `${root}/absolute`);
  fs.symlinkSync('../outside', `${root}/relative`);
  fs.symlinkSync('../../../../../../../../..', `${root}/inside/up`);
  fs.symlinkSync('../../../outside/secret', `${root}/inside/deep/file-link`);
  fs.symlinkSync('/proc/self/root', `${root}/magic`);
  fs.symlinkSync('/file', `${root}/inside/top`);
  return { folder, root, served: localFileSystem({ root }) };
}

const ways = [
  '../outside/secret',
  '/../outside/secret',
  'inside/../../outside/secret',
  'absolute/secret',
  'relative/secret',
  'inside/up/outside/secret',
  'inside/deep/file-link',
  'magic/etc/passwd',
  '/proc/self/root/etc/passwd',
  '/etc/passwd',
];

test('no path and no link leads out of the root', async () => {
  const { folder, root, served } = await scene();
  await using _folder = folder;
  const before = fs.statSync(folder.file('outside/secret'));
  for (const way of ways) {
    const path = bytes(way);
    const attempts: (() => unknown)[] = [
      () => served.open(path, open),
      () => served.open(path, { ...open, write: true, truncate: true }),
      () => served.stat(path, { follow: true }),
      () => served.setStat?.(path, { permissions: 0o666, size: 0n, uid: 1, gid: 1 }, { follow: true }),
      () => served.openDirectory(bytes(`${way}/..`)),
      () => served.fileSystem?.(path),
    ];
    for (const attempt of attempts) {
      await assert.rejects(
        async () => attempt(),
        (error) => ['ENOENT', 'ENOTDIR'].includes(codeOf(error)),
        way,
      );
    }
  }
  for (const way of ['inside/deep/file-link', 'relative'])
    await served.setStat?.(bytes(way), { accessTime: 1, modificationTime: 1 }, { follow: false });
  const after = fs.statSync(folder.file('outside/secret'));
  assert.deepEqual(
    [after.mode, after.size, after.uid, after.mtimeMs],
    [before.mode, before.size, before.uid, before.mtimeMs],
  );
  assert.deepEqual(fs.readdirSync(folder.path).sort(), ['outside', 'root']);
  assert.equal(text(await served.realPath(bytes('../../..'))), '/');
  assert.equal(text(await served.realPath(bytes('inside/top'))), '/file');
  assert.equal((await served.stat(bytes('inside/up/file'), { follow: true })).size, 11n);
  assert.equal(fs.readlinkSync(`${root}/relative`), '../outside');
  served.close();
});

test('what is created, renamed or linked through a link stays below the root', async () => {
  const { folder, served } = await scene();
  await using _folder = folder;
  const made = { ...open, write: true, create: true };
  for (const [work, code] of [
    [() => served.open(bytes('relative/new'), made), 'ENOENT'],
    [() => served.open(bytes('absolute/new'), made), 'ENOENT'],
    [() => served.makeDirectory?.(bytes('relative/dir'), 0o755), 'ENOENT'],
    [() => served.rename?.(bytes('file'), bytes('absolute/file'), { replace: true }), 'ENOENT'],
    [() => served.rename?.(bytes('absolute/secret'), bytes('stolen'), { replace: true }), 'ENOENT'],
    [() => served.hardLink?.(bytes('relative/secret'), bytes('stolen')), 'ENOENT'],
    [() => served.symbolicLink?.(bytes('x'), bytes('relative/link')), 'ENOENT'],
    [() => served.remove?.(bytes('relative/secret')), 'ENOENT'],
    [() => served.removeDirectory?.(bytes('relative/')), 'ENOTDIR'],
  ] as const) {
    await assert.rejects(
      async () => work(),
      (error) => codeOf(error) === code,
      String(work),
    );
  }
  // A link that dangles in the root is created where it points to, in the root.
  await served.symbolicLink?.(bytes('/../../made'), bytes('dangling'));
  await (await served.open(bytes('dangling'), made)).close();
  assert.ok(fs.existsSync(folder.file('root/made')));
  assert.ok(!fs.existsSync(folder.file('made')));
  // A hard link to a link is a link: what it points to stays unreachable.
  await served.hardLink?.(bytes('inside/deep/file-link'), bytes('hard'));
  await assert.rejects(
    async () => served.open(bytes('hard'), open),
    (error) => codeOf(error) === 'ENOENT',
  );
  assert.deepEqual(fs.readdirSync(folder.file('outside')), ['secret']);
  served.close();
});

/**
 * Turns the folder `swap` of the root into a link out of it and back, until it is stopped; mostly it is the folder,
 * also where this process seldom has its turn.
 */
async function startSwapping(root: string): Promise<AsyncDisposable> {
  fs.mkdirSync(`${root}/swap`);
  fs.writeFileSync(`${root}/swap/secret`, 'harmless');
  const program = `
    const fs = require('node:fs');
    process.chdir(${JSON.stringify(root)});
    fs.symlinkSync('../outside', 'link');
    process.send('ready');
    const rest = new Int32Array(new SharedArrayBuffer(4));
    for (let turn = 0; ; turn++) {
      fs.renameSync('swap', 'kept'); fs.renameSync('link', 'swap');
      fs.renameSync('swap', 'link'); fs.renameSync('kept', 'swap');
      if (turn % 10 === 0) Atomics.wait(rest, 0, 0, 1);
    }`;
  const swapper = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const exited = new Promise<void>((resolve) => swapper.once('exit', () => resolve()));
  await new Promise((resolve) => swapper.once('message', resolve));
  return {
    [Symbol.asyncDispose]: () => {
      swapper.kill('SIGKILL');
      return exited;
    },
  };
}

const lostRaces = ['ENOENT', 'ENOTDIR', 'ELOOP', 'EEXIST', 'ENOTEMPTY', 'EINVAL'];

test('a folder that turns into a link between two steps leads nowhere', async () => {
  const { folder, root, served } = await scene();
  await using _folder = folder;
  await using swapping = await startSwapping(root);
  const seen = { harmless: 0, refused: 0 };
  for (let i = 0; i < 1500 || (i < 50_000 && seen.harmless === 0); i++) {
    try {
      const file = await served.open(bytes('swap/secret'), { ...open, write: i % 2 === 0 });
      const room = new Uint8Array(20);
      const length = await file.read(room, 0n);
      await file.close();
      assert.equal(text(room.subarray(0, length)), 'harmless');
      seen.harmless++;
      await served.setStat?.(bytes('swap/secret'), { permissions: 0o644 }, { follow: true });
    } catch (error) {
      assert.ok(lostRaces.includes(codeOf(error)), String(error));
      seen.refused++;
    }
  }
  await swapping[Symbol.asyncDispose]();
  assert.ok(seen.harmless > 0, JSON.stringify(seen));
  assert.equal(fs.statSync(folder.file('outside/secret')).mode & 0o777, 0o600);
  served.close();
});

test('nothing is made, renamed, linked or removed outside while folders turn into links', async () => {
  const { folder, root, served } = await scene();
  await using _folder = folder;
  await using swapping = await startSwapping(root);
  const made = { ...open, write: true, create: true };
  const [a, b] = [bytes('swap/a'), bytes('swap/b')];
  const steps: readonly (() => unknown)[] = [
    async () => (await served.open(a, made)).close(),
    () => served.rename?.(a, b, { replace: true }),
    () => served.rename?.(bytes('file'), bytes('swap/file'), { replace: false }),
    () => served.rename?.(bytes('swap/file'), bytes('file'), { replace: true }),
    () => served.rename?.(bytes('swap/secret'), bytes('taken'), { replace: true }),
    () => served.rename?.(bytes('taken'), bytes('swap/secret'), { replace: false }),
    () => served.hardLink?.(bytes('swap/secret'), bytes('hard')),
    () => served.hardLink?.(bytes('file'), bytes('swap/hard')),
    () => served.symbolicLink?.(bytes('x'), bytes('swap/soft')),
    () => served.makeDirectory?.(bytes('swap/d'), 0o755),
    () => served.setStat?.(bytes('swap/d'), { permissions: 0o700 }, { follow: false }),
    () => served.removeDirectory?.(bytes('swap/d')),
    () => served.remove?.(bytes('swap/hard')),
    () => served.remove?.(bytes('swap/soft')),
    () => served.remove?.(b),
    () => served.remove?.(bytes('hard')),
  ];
  const counts = { done: 0, refused: 0 };
  const isEnough = (): boolean => counts.done > 100 && counts.refused > 100;
  for (let round = 0; round < 150 || (round < 5000 && !isEnough()); round++) {
    for (const step of steps) {
      try {
        await step();
        counts.done++;
      } catch (error) {
        assert.ok(lostRaces.includes(codeOf(error)), String(error));
        counts.refused++;
      }
    }
  }
  await swapping[Symbol.asyncDispose]();
  assert.ok(isEnough(), JSON.stringify(counts));
  assert.deepEqual(fs.readdirSync(folder.file('outside')), ['secret']);
  assert.equal(fs.readFileSync(folder.file('outside/secret'), 'utf8'), 'secret');
  assert.deepEqual(fs.readdirSync(folder.path).sort(), ['outside', 'root']);
  for (const name of ['taken', 'hard']) {
    if (fs.existsSync(`${root}/${name}`)) assert.equal(fs.readFileSync(`${root}/${name}`, 'utf8'), 'harmless');
  }
  served.close();
});

test('walks leave no descriptor open, and none goes deeper than it may', async () => {
  await using folder = await TemporaryFolder.create();
  const places = new ContainedPlaces(blockingCalls, folder.path);
  const served = localFileSystem({ root: folder.path, blocking: true });
  let deep = '';
  for (let i = 0; i < 600; i++) deep += 'd/';
  const parts = deep.split('/').filter(Boolean);
  let fd = fs.openSync(folder.path, 'r');
  for (const part of parts) {
    fs.mkdirSync(`/proc/self/fd/${fd}/${part}`);
    const next = fs.openSync(`/proc/self/fd/${fd}/${part}`, 'r');
    fs.closeSync(fd);
    fd = next;
  }
  fs.closeSync(fd);
  const before = openBelow(folder.path);
  await assert.rejects(
    async () => served.stat(bytes(deep), { follow: true }),
    (error) => codeOf(error) === 'ENAMETOOLONG',
  );
  await served.stat(bytes('d/'.repeat(500)), { follow: true });
  await assert.rejects(async () => served.stat(bytes('d/d/missing/x'), { follow: true }));
  await served.realPath(bytes('d/d/../d'));
  assert.equal(openBelow(folder.path), before);
  places.close();
  served.close();
});

test('a root that is no folder is refused', async () => {
  await using folder = await TemporaryFolder.create();
  const file = await folder.write('file', '');
  assert.throws(
    () => localFileSystem({ root: file }),
    (error) => codeOf(error) === 'ENOTDIR',
  );
  assert.throws(
    () => localFileSystem({ root: folder.file('missing') }),
    (error) => codeOf(error) === 'ENOENT',
  );
});
