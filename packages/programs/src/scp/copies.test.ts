// scp as a whole against servers of this machine: what arrives, what is said, and the exit status, in both protocols.

import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { skipUnless } from '@sallyport/testing/peers';
import type { ProgramResult } from '@sallyport/testing/program';
import { mainArguments, runMain } from '@sallyport/testing/program-main';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { byteStringOf, bytesOf } from '../shared/byte-string.ts';

const main = new URL('./main.js', import.meta.url).href;
const sftpServer = '/usr/lib/openssh/sftp-server';
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

interface Mode {
  readonly name: string;
  readonly needs: { readonly skip: string | false };
  options(folder: TemporaryFolder): Promise<readonly string[]>;
}

/** In place of ssh: runs the last argument with a shell, where `scp` is ours. */
async function ownRemote(folder: TemporaryFolder): Promise<readonly string[]> {
  const command = [process.execPath, ...mainArguments(main, [])].map(quoted).join(' ');
  await folder.write('bin-scp', `#!/bin/sh\nexec ${command} "$@"\n`, 0o755);
  const script = `#!/bin/sh\nfor last; do :; done\nexec /bin/sh -c "${folder.file('bin-')}$last"\n`;
  return ['-O', '-S', await folder.write('ssh', script, 0o755)];
}

const modes: readonly Mode[] = [
  {
    name: 'SFTP',
    needs: skipUnless('openssh-sftp-server'),
    options: () => Promise.resolve(['-D', sftpServer]),
  },
  { name: 'the old protocol', needs: { skip: false }, options: ownRemote },
];

interface Place {
  readonly folder: TemporaryFolder;
  /** Paths below the folder, as they are put on the command line. */
  readonly run: (...argv: readonly string[]) => Promise<ProgramResult>;
}

async function withPlace(mode: Mode, run: (place: Place) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const options = await mode.options(folder);
  mkdirSync(folder.file('from'));
  mkdirSync(folder.file('to'));
  const start = (...argv: readonly string[]): Promise<ProgramResult> =>
    runMain(main, [...options, ...argv], { cwd: folder.path });
  await run({ folder, run: start });
}

/** Names below a folder with what is in the files, as byte strings. */
function treeOf(folder: string): string[] {
  return readdirSync(bytesOf(folder), { encoding: 'buffer' })
    .map(byteStringOf)
    .sort()
    .flatMap((name) => {
      const path = `${folder}/${name}`;
      if (!lstatSync(bytesOf(path)).isDirectory()) return [`${name}=${readFileSync(bytesOf(path), 'latin1')}`];
      return [`${name}/`, ...treeOf(path).map((inner) => `${name}/${inner}`)];
    });
}

const well = { code: 0, stderr: '' };
const outcome = ({ code, stderr }: ProgramResult): object => ({ code, stderr });

for (const mode of modes) {
  test(`A file goes there and back with ${mode.name}, and a longer one is cut`, mode.needs, async () => {
    await withPlace(mode, async ({ folder, run }) => {
      await folder.write('from/f', 'contents');
      await folder.write('to/f', 'something longer');
      assert.deepEqual(outcome(await run('from/f', `h:${folder.file('to')}`)), well);
      assert.deepEqual(outcome(await run(`h:${folder.file('to/f')}`, 'to/g')), well);
      assert.deepEqual(treeOf(folder.file('to')), ['f=contents', 'g=contents']);
    });
  });

  test(`A file onto itself loses nothing with ${mode.name}`, mode.needs, async () => {
    await withPlace(mode, async ({ folder, run }) => {
      await folder.write('to/f', 'contents');
      assert.deepEqual(outcome(await run('to/f', `h:${folder.file('to/f')}`)), well);
      assert.deepEqual(outcome(await run(`h:${folder.file('to/f')}`, 'to/f')), well);
      assert.deepEqual(treeOf(folder.file('to')), ['f=contents']);
    });
  });

  test(
    `A tree goes there, back and between two hosts with ${mode.name}, with modes and times`,
    mode.needs,
    async () => {
      await withPlace(mode, async ({ folder, run }) => {
        mkdirSync(folder.file('from/d/empty'), { recursive: true });
        await folder.write('from/d/f', 'one', 0o640);
        await folder.write('from/d/-rf', 'two', 0o400);
        chmodSync(folder.file('from/d/empty'), 0o500);
        for (const path of ['from/d/f', 'from/d/empty', 'from/d']) utimesSync(folder.file(path), 1_000, 2_000);
        const wanted = treeOf(folder.file('from/d'));
        assert.deepEqual(outcome(await run('-rp', 'from/d', `h:${folder.file('to/up')}`)), well);
        assert.deepEqual(outcome(await run('-rp', `h:${folder.file('to/up')}`, 'to/down')), well);
        assert.deepEqual(
          outcome(await run('-rp', '-3', `h:${folder.file('to/up')}`, `g:${folder.file('to/over')}`)),
          well,
        );
        for (const copy of ['up', 'down', 'over']) {
          assert.deepEqual(treeOf(folder.file(`to/${copy}`)), wanted);
          const status = (path: string): readonly number[] => {
            const { mode: bits, mtimeMs } = statSync(folder.file(`to/${copy}/${path}`));
            return [bits & 0o7777, mtimeMs];
          };
          assert.deepEqual(status('f'), [0o640, 2_000_000]);
          assert.deepEqual(status('empty'), [0o500, 2_000_000]);
          assert.equal(statSync(folder.file(`to/${copy}`)).mtimeMs, 2_000_000);
        }
      });
    },
  );

  test(
    `Several sources need a folder with ${mode.name}; what is missing does not stop the rest`,
    mode.needs,
    async () => {
      await withPlace(mode, async ({ folder, run }) => {
        await folder.write('from/a', '1');
        await folder.write('from/b', '2');
        const [a, b, c] = ['a', 'b', 'c'].map((name) => `h:${folder.file(`from/${name}`)}`) as [string, string, string];
        assert.deepEqual(outcome(await run(a, b, 'to/none')), {
          code: 1,
          stderr: 'to/none: No such file or directory\n',
        });
        assert.deepEqual(outcome(await run(a, b, 'from/a')), { code: 1, stderr: 'from/a: Not a directory\n' });
        assert.deepEqual(outcome(await run(a, c, b, 'to')), {
          code: 1,
          stderr: `scp: ${folder.file('from/c')}: No such file or directory\n`,
        });
        assert.deepEqual(treeOf(folder.file('to')), ['a=1', 'b=2']);
      });
    },
  );

  test(
    `Folders over files and files over folders are refused with ${mode.name}, and nothing is lost`,
    mode.needs,
    async () => {
      await withPlace(mode, async ({ folder, run }) => {
        mkdirSync(folder.file('from/x'));
        await folder.write('from/x/inner', '1');
        await folder.write('from/y', '2');
        await folder.write('to/x', 'a file');
        mkdirSync(folder.file('to/y'));
        const there = `h:${folder.file('to')}`;
        const before = treeOf(folder.file('to'));
        for (const argv of [
          ['-r', 'from/x', there],
          ['-r', 'from/y', there],
          ['-r', `h:${folder.file('from/x')}`, 'to'],
          ['-r', `h:${folder.file('from/y')}`, 'to'],
          ['-r', '-3', `h:${folder.file('from/x')}`, there],
        ]) {
          const { code } = await run(...argv);
          assert.equal(code, 1, argv.join(' '));
          assert.deepEqual(treeOf(folder.file('to')), before, argv.join(' '));
        }
      });
    },
  );

  test(`Without -r a folder is refused with ${mode.name}`, mode.needs, async () => {
    await withPlace(mode, async ({ folder, run }) => {
      mkdirSync(folder.file('from/d'));
      const up = await run('from/d', `h:${folder.file('to')}`);
      const down = await run(`h:${folder.file('from/d')}`, 'to');
      assert.match(up.stderr, /not a regular file\n/);
      assert.match(down.stderr, /not a regular file\n/);
      assert.deepEqual([up.code, down.code, treeOf(folder.file('to'))], [1, 1, []]);
    });
  });

  test(`Names with blanks, quotes and beginning dashes arrive as they are with ${mode.name}`, mode.needs, async () => {
    await withPlace(mode, async ({ folder, run }) => {
      const names = ['a b', '-rf', "it's", '$(touch x)`y`;', '\xff\xfe', 'q"q', '日本', ' ', '#', ':colon', 'c:d'];
      mkdirSync(folder.file('from/d'));
      for (const name of names) writeFileSync(bytesOf(`${folder.path}/from/d/${name}`), name);
      assert.deepEqual(outcome(await run('-r', 'from/d', `h:${folder.file('to/up')}`)), well);
      assert.deepEqual(outcome(await run('-r', `h:${folder.file('to/up')}`, 'to/down')), well);
      assert.deepEqual(treeOf(folder.file('to/up')), treeOf(folder.file('from/d')));
      assert.deepEqual(treeOf(folder.file('to/down')), treeOf(folder.file('from/d')));
    });
  });

  test(`A rate is kept to with ${mode.name}`, mode.needs, async () => {
    await withPlace(mode, async ({ folder, run }) => {
      await folder.write('from/f', new Uint8Array(3_000_000));
      const startedAt = performance.now();
      // 16000 kilobits are 2048000 bytes a second: 1.4 seconds, less what is through before the first wait.
      assert.deepEqual(outcome(await run('-l', '16000', 'from/f', `h:${folder.file('to')}`)), well);
      assert.ok(performance.now() - startedAt > 800);
      assert.equal(statSync(folder.file('to/f')).size, 3_000_000);
    });
  });
}

const [sftp] = modes as [Mode];

test('-v tells of each copy, and -vv of each request', sftp.needs, async () => {
  await withPlace(sftp, async ({ folder, run }) => {
    await folder.write('from/a', 'a');
    const { code, stderr } = await run('-vv', `h:${folder.file('from/a')}`, 'to/b');
    assert.equal(code, 0);
    const lines = stderr.split('\n');
    assert.ok(lines.includes('scp: debug2: Remote version: 3'), stderr);
    assert.ok(lines.includes(`scp: debug1: Copying ${folder.file('from/a')} to to/b`), stderr);
    assert.ok(lines.includes(`scp: debug2: Sending SSH2_FXP_OPEN "${folder.file('from/a')}"`), stderr);
    assert.doesNotMatch((await run('-v', `h:${folder.file('from/a')}`, 'to/b')).stderr, /debug2/);
    assert.deepEqual(outcome(await run(`h:${folder.file('from/a')}`, 'to/b')), well);
  });
});

test('SFTP carries newlines and control characters in names, and shows none of them', sftp.needs, async () => {
  await withPlace(sftp, async ({ folder, run }) => {
    await folder.write('from/a\nb\x1b[2J', 'x');
    assert.deepEqual(outcome(await run('-r', 'from', `h:${folder.file('to/up')}`)), well);
    assert.deepEqual(treeOf(folder.file('to/up')), ['a\nb\x1b[2J=x']);
    const { code, stderr } = await run(`h:${folder.file('to/up/a\nb\x1b[2J')}`, 'no/such');
    assert.equal(code, 1);
    assert.doesNotMatch(stderr, /(?!\n)\p{Cc}/u);
  });
});

test('What cannot be opened, made or found is said as OpenSSH says it', sftp.needs, async () => {
  await withPlace(sftp, async ({ folder, run }) => {
    await folder.write('from/f', 'x');
    const file = folder.file('from/f');
    const says = async (...argv: readonly string[]): Promise<string> => (await run(...argv)).stderr;
    assert.equal(
      await says(`h:${file}`, `i:${folder.file('no/f')}`),
      `scp: dest open "${folder.file('no/f')}": No such file or directory\n`,
    );
    assert.equal(
      await says('-r', 'from/', `h:${file}`),
      `scp: "${file}" exists but is not a directory\nscp: failed to upload directory from to ${file}\n`,
    );
    assert.equal(await says('h:~no-such-user/x', '.'), 'scp: expand ~no-such-user/x: no such user\n');
    assert.equal(await says('-r', `h:${folder.file('from')}`, 'no/x'), 'scp: mkdir no/x: No such file or directory\n');
    assert.equal(await says('', `h:${file}`), 'scp: stat local "": No such file or directory\n');
  });
});

test('Folders between two servers have the permissions of their originals', sftp.needs, async () => {
  await withPlace(sftp, async ({ folder, run }) => {
    mkdirSync(folder.file('from/shared'));
    chmodSync(folder.file('from/shared'), 0o1777);
    assert.deepEqual(outcome(await run('-r', `h:${folder.file('from')}`, `i:${folder.file('to')}`)), well);
    assert.equal(statSync(folder.file('to/from/shared')).mode & 0o7777, 0o1777);
  });
});

test('The target "..": what is copied lands in the folder, not above it', sftp.needs, async () => {
  await withPlace(sftp, async ({ folder, run }) => {
    mkdirSync(folder.file('from/d/e'), { recursive: true });
    await folder.write('from/d/f', '1');
    assert.deepEqual(outcome(await run('-r', 'from/d/e/..', `h:${folder.file('to')}`)), well);
    assert.deepEqual(treeOf(folder.file('to')), ['e/', 'f=1']);
    mkdirSync(folder.file('to2'));
    assert.deepEqual(outcome(await run('-r', `h:${folder.path}/from/d/e/..`, 'to2')), well);
    assert.deepEqual(treeOf(folder.file('to2')), ['e/', 'f=1']);
  });
});

test(
  'Several sources to a host make the folder, and those of the same name go one after the other',
  sftp.needs,
  async () => {
    await withPlace(sftp, async ({ folder, run }) => {
      mkdirSync(folder.file('from/d'));
      await folder.write('from/f', 'first');
      await folder.write('from/d/f', 'second');
      assert.deepEqual(outcome(await run('from/f', 'from/d/f', `h:${folder.file('to/new')}`)), well);
      assert.deepEqual(treeOf(folder.file('to/new')), ['f=second']);
    });
  },
);

test('Copies on this machine are those of cp', { skip: false }, async () => {
  await withPlace(sftp, async ({ folder, run }) => {
    await folder.write('from/f', '1');
    assert.deepEqual(outcome(await run('-r', 'from', 'to')), well);
    assert.deepEqual(treeOf(folder.file('to')), ['from/', 'from/f=1']);
    assert.equal((await run('from/none', 'to')).code, 1);
  });
});

test('A server that is none ends the copy with status 255', { skip: false }, async () => {
  await withPlace(sftp, async ({ folder, run }) => {
    const ends = await run('-D', '/bin/false', 'h:f', 'to');
    assert.deepEqual(outcome(ends), { code: 255, stderr: 'scp: Connection closed\n' });
    const missing = await run('-D', '/nonexistent', 'h:f', 'to');
    assert.deepEqual(outcome(missing), {
      code: 255,
      stderr: '/nonexistent: No such file or directory\nscp: Connection closed\n',
    });
    // What cat says when we leave it is not ours.
    const talks = await folder.write('talks', '#!/bin/sh\necho welcome to this host\nexec cat 2>/dev/null\n', 0o755);
    const noise = await run('-D', talks, 'h:f', 'to');
    assert.equal(noise.code, 255);
    assert.match(
      noise.stderr,
      /^scp: Received message too long 2003135587\nscp: Ensure the remote shell produces no output/,
    );
  });
});
