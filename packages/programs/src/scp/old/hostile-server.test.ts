// A server that lies in the old protocol: whatever it sends, nothing appears but what was asked for, where it was asked
// for, and the copy has failed.

import assert from 'node:assert/strict';
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ProgramResult } from '@sallyport/testing/program';
import { runMain } from '@sallyport/testing/program-main';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';

const main = new URL('../main.js', import.meta.url).href;

interface Outcome extends ProgramResult {
  /** Everything below the test's folder but the server, with contents. */
  readonly tree: readonly string[];
}

interface Attack {
  readonly asks?: string;
  readonly options?: readonly string[];
  readonly sends: string;
  /** Bytes of our answers after which the server goes away; it waits for our end unless told. */
  readonly answers?: number;
  /** What may be below `target` afterwards. */
  readonly leaves?: readonly string[];
  readonly says: RegExp;
}

function treeOf(folder: string, prefix = ''): string[] {
  return readdirSync(folder)
    .sort()
    .flatMap((name) => {
      const path = join(folder, name);
      const status = lstatSync(path);
      if (status.isDirectory()) return [`${prefix}${name}/`, ...treeOf(path, `${prefix}${name}/`)];
      return [`${prefix}${name}=${readFileSync(path, 'latin1')}`];
    });
}

/** Sends the bytes at once, and goes away when it has heard so much. */
const serverScript = (bytes: string, answers: number): string =>
  `#!/bin/sh\ncat ${bytes}\nexec head -c ${answers} > /dev/null\n`;

/** Copies from a server that sends these bytes, whatever it hears, to the folder `target`. */
async function attack({ asks = 'f', options = [], sends, answers = 1_000 }: Omit<Attack, 'says'>): Promise<Outcome> {
  await using folder = await TemporaryFolder.create();
  const bytes = await folder.write('bytes', Buffer.from(sends, 'latin1'));
  const server = await folder.write('server', serverScript(bytes, answers), 0o755);
  mkdirSync(folder.file('target'));
  const argv = ['-O', '-S', server, ...options, `host:${asks}`, folder.file('target')];
  const result = await runMain(main, argv, { cwd: folder.path });
  return { ...result, tree: treeOf(folder.path).filter((path) => !/^(bytes|server)=/.test(path)) };
}

const attacks: Readonly<Record<string, Attack>> = {
  'a name with a way up': { sends: 'C0644 2 ../f\nab\0', says: /^error: unexpected filename: \.\.\/f\n$/ },
  'an absolute name': { sends: 'C0644 2 /tmp/f\nab\0', says: /unexpected filename/ },
  'a way up in the middle': { sends: 'C0644 2 a/../../f\nab\0', says: /unexpected filename/ },
  'the folder itself': { options: ['-rp'], sends: 'D0000 0 .\nE\n', says: /unexpected filename: \.\n$/ },
  'the folder above': {
    options: ['-r'],
    sends: 'D0777 0 ..\nC0644 2 f\nab\0E\n',
    says: /unexpected filename: \.\.\n$/,
  },
  'no name': { options: ['-rp'], sends: 'D0555 0 \nE\n', says: /unexpected filename: \n$/ },
  'an escape sequence in a name': { sends: 'C0644 2 f\x1b[2J\nab\0', says: /unexpected filename: f\\033\[2J\n$/ },
  'another file than the one asked for': { sends: 'C0644 2 g\nab\0', says: /filename does not match request/ },
  'an extra file behind the right one': {
    sends: 'C0644 2 f\nab\0C0755 2 extra\nab\0',
    leaves: ['f=ab'],
    says: /filename does not match request/,
  },
  'a file that the pattern does not cover': { asks: 'd/*.txt', sends: 'C0644 2 .bashrc\nab\0', says: /does not match/ },
  'a file that the braces do not cover': { asks: '{f,g}', sends: 'C0644 2 h\nab\0', says: /does not match/ },
  'a folder instead of a file': { sends: 'D0755 0 f\nC0644 2 f\nab\0E\n', says: /received directory without -r/ },
  'another folder than the one asked for': { options: ['-r'], sends: 'D0755 0 g\nE\n', says: /does not match request/ },
  'a way up below a folder': {
    options: ['-r'],
    sends: 'D0755 0 f\nD0755 0 ..\nC0644 2 x\nab\0',
    leaves: ['f/'],
    says: /unexpected filename: \.\.\n$/,
  },
  'more ends than folders': {
    options: ['-r'],
    sends: 'D0755 0 f\nE\nE\nC0644 2 x\nab\0',
    leaves: ['f/'],
    says: /^lost connection\n$/,
  },
  'a size that is not kept to': { sends: 'C0644 2 f\nabcdef\0', leaves: ['f=ab'], says: /more data than announced/ },
  'a size beyond every file system': { sends: 'C0644 99999999999999999999 f\n', says: /size out of range/ },
  'a size below zero': { sends: 'C0644 -1 f\n', says: /size not present/ },
  'a line without end': { sends: `C0644 2 ${'n'.repeat(1_000_000)}`, says: /line too long/ },
  'words of a shell': { sends: 'bash: scp: command not found\n', says: /^bash: scp: command not found\n$/ },
  'a title for the terminal': { sends: '\x02\x1b]0;owned\x07\n', says: /^\\033\]0;owned\\007\n$/ },
  'a warning without an end': { sends: `\x01${'w'.repeat(1_000_000)}`, says: /line too long/ },
};

for (const [name, { leaves = [], says, ...rest }] of Object.entries(attacks)) {
  test(`A server that sends ${name} fails the copy and changes nothing else`, async () => {
    const { tree, stderr, code } = await attack(rest);
    assert.deepEqual(tree, ['target/', ...leaves.map((path) => `target/${path}`)]);
    assert.match(stderr, says);
    assert.doesNotMatch(stderr, /(?!\n)\p{Cc}/u);
    assert.equal(code, 1);
  });
}

test('A server that goes away in the middle fails the copy, at every byte of it', async () => {
  await using folder = await TemporaryFolder.create();
  const stream = 'T1 0 1 0\nC0644 3 f\nabc\0';
  const bytes = await folder.write('bytes', stream);
  for (const length of [1, 5, 12, 19, 21, 22]) {
    const server = await folder.write('server', `#!/bin/sh\nhead -c ${length} ${bytes}\n`, 0o755);
    const { code, stderr } = await runMain(main, ['-O', '-S', server, 'host:f', folder.file('copy')]);
    assert.deepEqual([code, stderr], [1, 'lost connection\n'], `${length} bytes`);
  }
});

test('A program in the place of the server that says nothing and ends well is no copy', async () => {
  await using folder = await TemporaryFolder.create();
  const silent = await folder.write('server', '#!/bin/sh\nhead -c 1 > /dev/null\n', 0o755);
  const { code, stderr } = await runMain(main, ['-O', '-S', silent, 'host:f', folder.file('copy')]);
  assert.deepEqual([code, stderr], [1, 'lost connection\n']);
  const failed = await folder.write('server', '#!/bin/sh\nhead -c 1 > /dev/null\necho reason >&2\nexit 255\n', 0o755);
  const told = await runMain(main, ['-O', '-S', failed, 'host:f', folder.file('copy')]);
  assert.deepEqual([told.code, told.stderr], [1, 'reason\n']);
});

test('Sizes are announced and not yet there: memory stays small, and the copy ends with the connection', async () => {
  const { code, tree } = await attack({ sends: `C0644 1099511627776 f\n${'z'.repeat(100)}`, answers: 2 });
  assert.deepEqual([code, tree.length], [1, 2]);
});

test('The bits setuid, setgid and sticky of a server are dropped unless -p asks for its modes', async () => {
  await using folder = await TemporaryFolder.create();
  const bytes = await folder.write('bytes', 'C7755 2 f\nab\0');
  const server = await folder.write('server', serverScript(bytes, 3), 0o755);
  const modeAfter = async (options: readonly string[], before?: number): Promise<string> => {
    const target = folder.file('copy');
    if (before !== undefined) {
      writeFileSync(target, 'long before');
      chmodSync(target, before);
    }
    const { code } = await runMain(main, ['-O', ...options, '-S', server, 'host:f', target]);
    assert.equal(code, 0);
    assert.equal(readFileSync(target, 'utf8'), 'ab');
    return (statSync(target).mode & 0o7777).toString(8);
  };
  const withoutMask = (0o755 & ~process.umask()).toString(8);
  assert.equal(await modeAfter([]), withoutMask);
  assert.equal(await modeAfter([], 0o600), '600');
  assert.equal(await modeAfter(['-p']), '7755');
});
