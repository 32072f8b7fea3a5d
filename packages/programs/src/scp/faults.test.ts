// What breaks in the middle of a copy: either end killed, a full disk, a folder that takes nothing. The status is not
// 0, the reason is said, and the same copy again brings the whole file.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { test } from 'node:test';
import { hasEnded } from '@sallyport/testing/has-ended';
import { skipUnless } from '@sallyport/testing/peers';
import type { RunningProgram } from '@sallyport/testing/program';
import { mainArguments, runMain, startMain } from '@sallyport/testing/program-main';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { until } from '@sallyport/testing/until';

const main = new URL('./main.js', import.meta.url).href;
const stock = skipUnless('openssh-sftp-server');
const data = new SeededRandom(7).bytes(3_000_000);
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

interface Mode {
  readonly name: string;
  readonly needs: { readonly skip: string | false };
  readonly lost: { readonly code: number; readonly stderr: RegExp };
  options(folder: TemporaryFolder): Promise<readonly string[]>;
}

/** Both write the id of their process to `pid`. */
const modes: readonly Mode[] = [
  {
    name: 'SFTP',
    needs: stock,
    lost: { code: 255, stderr: /^scp: Connection closed\n$/ },
    async options(folder) {
      const script = `#!/bin/sh\necho $$ > ${folder.file('pid')}\nexec /usr/lib/openssh/sftp-server\n`;
      return ['-D', await folder.write('server', script, 0o755)];
    },
  },
  {
    name: 'the old protocol',
    needs: { skip: false },
    lost: { code: 1, stderr: /^lost connection\n$/ },
    async options(folder) {
      const own = [process.execPath, ...mainArguments(main, [])].map(quoted).join(' ');
      await folder.write('bin-scp', `#!/bin/sh\necho $$ > ${folder.file('pid')}\nexec ${own} "$@"\n`, 0o755);
      const script = `#!/bin/sh\nfor last; do :; done\nexec ${folder.file('bin-')}$last\n`;
      return ['-O', '-S', await folder.write('ssh', script, 0o755)];
    },
  },
];

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** A copy that is so slow that it can be met in the middle; resolves when it is there. */
async function startSlowly(folder: TemporaryFolder, argv: readonly string[]): Promise<RunningProgram> {
  const running = startMain(main, ['-l', '4000', ...argv], { input: '' });
  await until(() => sizeOf(folder.file('copy')) > 100_000 && existsSync(folder.file('pid')), 'the copy has begun');
  return running;
}

for (const mode of modes) {
  const ways = [
    { name: 'sending', argv: (folder: TemporaryFolder) => [folder.file('given'), `h:${folder.file('copy')}`] },
    { name: 'fetching', argv: (folder: TemporaryFolder) => [`h:${folder.file('given')}`, folder.file('copy')] },
  ];
  for (const { name, argv } of ways) {
    test(
      `With ${mode.name}, ${name} from or to an end that is killed fails, and again it succeeds`,
      mode.needs,
      async () => {
        await using folder = await TemporaryFolder.create();
        await folder.write('given', data);
        const options = await mode.options(folder);
        const running = await startSlowly(folder, [...options, ...argv(folder)]);
        process.kill(Number(readFileSync(folder.file('pid'), 'utf8')), 'SIGKILL');
        const { code, stderr } = await running.exited;
        assert.equal(code, mode.lost.code);
        assert.match(stderr, mode.lost.stderr);
        assert.equal((await runMain(main, [...options, ...argv(folder)])).code, 0);
        assert.deepEqual(readFileSync(folder.file('copy')), Buffer.from(data));
      },
    );

    test(
      `With ${mode.name}, our end killed while ${name} ends the other, and again it succeeds`,
      mode.needs,
      async () => {
        await using folder = await TemporaryFolder.create();
        await folder.write('given', data);
        const options = await mode.options(folder);
        const running = await startSlowly(folder, [...options, ...argv(folder)]);
        const other = Number(readFileSync(folder.file('pid'), 'utf8'));
        process.kill(running.pid, 'SIGKILL');
        await until(() => hasEnded(other), 'the other end has ended');
        assert.equal((await runMain(main, [...options, ...argv(folder)])).code, 0);
        assert.deepEqual(readFileSync(folder.file('copy')), Buffer.from(data));
      },
    );

    test(`With ${mode.name}, an interrupt while ${name} leaves with status 1`, mode.needs, async () => {
      await using folder = await TemporaryFolder.create();
      await folder.write('given', data);
      const running = await startSlowly(folder, [...(await mode.options(folder)), ...argv(folder)]);
      process.kill(running.pid, 'SIGINT');
      assert.equal((await running.exited).code, 1);
    });
  }
}

/** A file system of its own, where we may mount one. */
async function withFileSystem(options: string, run: (path: string) => Promise<void>): Promise<string | undefined> {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('mounted');
  mkdirSync(path);
  if (process.getuid?.() !== 0) return 'only root mounts file systems';
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'sallyport-test', path]);
  if (status !== 0) return `mount: ${stderr.toString().trim()}`;
  try {
    await run(path);
  } finally {
    spawnSync('umount', [path]);
  }
  return undefined;
}

for (const mode of modes) {
  test(`With ${mode.name}, a full disk fails the file, on either side, and says so`, mode.needs, async (t) => {
    await using folder = await TemporaryFolder.create();
    const given = await folder.write('given', data);
    const options = await mode.options(folder);
    const skipped = await withFileSystem('size=1m', async (disk) => {
      const up = await runMain(main, [...options, given, `h:${disk}/up`]);
      assert.equal(up.code, 1);
      assert.match(
        up.stderr,
        mode.name === 'SFTP' ? /write remote ".*\/up": Failure/ : /\/up: No space left on device/,
      );
      const down = await runMain(main, [...options, `h:${given}`, `${disk}/down`]);
      assert.equal(down.code, 1);
      assert.match(down.stderr, /No space left on device/);
    });
    if (skipped !== undefined) t.skip(skipped);
  });
}

for (const mode of modes) {
  test(`With ${mode.name}, a folder that takes nothing fails the file, on either side`, mode.needs, async () => {
    await using folder = await TemporaryFolder.create();
    const given = await folder.write('given', data.subarray(0, 100));
    const options = await mode.options(folder);
    const attempt = async (target: string): Promise<void> => {
      for (const argv of [
        [given, `h:${target}/x`],
        [`h:${given}`, `${target}/x`],
      ]) {
        const { code, stderr } = await runMain(main, [...options, ...argv]);
        assert.equal(code, 1);
        assert.match(stderr, /Permission denied|Read-only file system|Failure/);
      }
    };
    if (process.getuid?.() === 0) return void (await withFileSystem('ro', attempt));
    mkdirSync(folder.file('closed'));
    chmodSync(folder.file('closed'), 0o500);
    await attempt(folder.file('closed'));
  });
}
