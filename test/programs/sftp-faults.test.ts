// sftp when something goes away in the middle of a transfer, or the disk is full: the status says so, and what came is
// the beginning of the file, from which it can be resumed.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ourProgram, skipUnless, TemporaryFolder, until } from '@sallyport/testing';
import type { RunningProgram } from '@sallyport/testing/program';
import { startProgram } from '@sallyport/testing/program';
import { stockSftpServer } from '@sallyport/testing/sftp-process';
import { children } from './processes.ts';

const sftp = ourProgram('sftp');
const needed = skipUnless('openssh-sftp-server');
const sizeBytes = 24 * 1024 * 1024;

interface Place {
  /** Runs one command in a batch, slowly when something is to happen meanwhile. */
  readonly start: (command: string, options?: readonly string[]) => RunningProgram;
  readonly source: string;
  readonly target: string;
  readonly folder: TemporaryFolder;
}

async function inPlace(work: (place: Place) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const source = folder.file('source');
  writeFileSync(source, randomBytes(sizeBytes));
  const start = (command: string, options: readonly string[] = []): RunningProgram =>
    startProgram(sftp, [...options, '-b', '-', '-D', stockSftpServer], {
      ...{ input: command, cwd: folder.path },
      timeoutMs: 120_000,
    });
  await work({ start, source, target: folder.file('target'), folder });
}

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Waits until a part of the target is there. */
function untilBegun(path: string): Promise<void> {
  return until(() => sizeOf(path) >= 1024 * 1024, 'the transfer has begun');
}

/** So that the middle is long: 24 s for the file, 20 s for the tree. */
const slowly = { file: ['-l', '8000'], tree: ['-l', '4000'] } as const;

for (const direction of ['get', 'put']) {
  test(
    `${direction}: a server that is killed ends the program with 255; resumed, the file is whole`,
    needed,
    async () => {
      await inPlace(async ({ start, source, target }) => {
        const running = start(`${direction} ${source} ${target}`, slowly.file);
        await untilBegun(target);
        for (const pid of children(running.pid)) process.kill(pid, 'SIGKILL');
        const { code, stderr } = await running.exited;
        assert.deepEqual([code, stderr], [255, 'Connection closed\r\n']);
        assert.ok(sizeOf(target) < sizeBytes);
        const resumed = await start(`re${direction} ${source} ${target}`).exited;
        assert.deepEqual([resumed.code, resumed.stderr], [0, '']);
        assert.equal(digest(target), digest(source));
      });
    },
  );

  test(`${direction}: a program that is killed leaves what can be resumed`, needed, async () => {
    await inPlace(async ({ start, source, target }) => {
      const running = start(`${direction} ${source} ${target}`, slowly.file);
      await untilBegun(target);
      await running.end('SIGKILL');
      assert.ok(sizeOf(target) < sizeBytes);
      const resumed = await start(`${direction} ${source} ${target}`, ['-a']).exited;
      assert.deepEqual([resumed.code, resumed.stderr], [0, '']);
      assert.equal(digest(target), digest(source));
    });
  });
}

/** A tree with one larger file, as names with digests. */
function plantTree(folder: string): void {
  for (let i = 0; i < 6; i++) mkdirSync(`${folder}/sub ${i}`, { recursive: true });
  for (let i = 0; i < 300; i++) writeFileSync(`${folder}/sub ${i % 6}/file ${i}`, randomBytes(20_000 + i));
  writeFileSync(`${folder}/sub 3/large`, randomBytes(4_000_000));
}

function digests(folder: string): string[] {
  return (readdirSync(folder, { recursive: true }) as string[])
    .filter((name) => statSync(`${folder}/${name}`).isFile())
    .map((name) => `${name} ${digest(`${folder}/${name}`)}`)
    .sort();
}

/** Waits until some files of a tree are there. */
function untilTreeBegun(folder: string): Promise<void> {
  const filesIn = (): number => readdirSync(folder, { recursive: true }).length;
  return until(() => existsSync(folder) && filesIn() >= 20, 'the transfer has begun');
}

for (const direction of ['get', 'put']) {
  for (const end of ['server', 'program']) {
    test(`${direction} -R: a ${end} that is killed leaves a tree that the same command completes`, needed, async () => {
      await inPlace(async ({ start, folder }) => {
        const [tree, into] = [folder.file('tree'), folder.file('into')];
        const copy = `${into}/tree`;
        plantTree(tree);
        mkdirSync(into);
        const running = start(`${direction} -R ${tree} ${into}`, slowly.tree);
        await untilTreeBegun(copy);
        const victims = end === 'server' ? children(running.pid) : [running.pid];
        for (const pid of victims) process.kill(pid, 'SIGKILL');
        const { code, stderr } = await running.exited;
        if (end === 'server') assert.deepEqual([code, stderr], [255, 'Connection closed\r\n']);
        else assert.notEqual(code, 0);
        assert.ok(digests(copy).join() !== digests(tree).join());
        const again = await start(`${direction} -R -a ${tree} ${into}`).exited;
        assert.deepEqual([again.code, again.stderr.replace(/^File ".*" was not modified\r\n/gm, '')], [0, '']);
        const wrong = digests(copy).filter((line) => !digests(tree).includes(line));
        assert.deepEqual([wrong, digests(copy).length], [[], 301]);
      });
    });
  }
}

test('a place that takes nothing, here and there, is a failure that is told', needed, async () => {
  await inPlace(async ({ start, source }) => {
    const here = await start(`get ${source} /proc/none`).exited;
    assert.equal(here.code, 1);
    assert.match(here.stderr, /^open local "\/proc\/none": (No such file|Permission denied)/);
    const there = await start(`put ${source} /proc/none`).exited;
    assert.equal(there.code, 1);
    assert.match(there.stderr, /^(?:dest|remote) open "\/proc\/none": (No such file|Permission denied)/);
  });
});

test('a full disk here, and one there, is a failure that is told', needed, async () => {
  await inPlace(async ({ start, source }) => {
    const here = await start(`get ${source} /dev/full`).exited;
    assert.deepEqual([here.code, here.stderr], [1, 'write local "/dev/full": No space left on device\r\n']);
    const there = await start(`put ${source} /dev/full`).exited;
    assert.deepEqual([there.code, there.stderr], [1, 'write remote "/dev/full": Failure\r\n']);
  });
});
