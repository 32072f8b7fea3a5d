// A server that lies in SFTP mode: whatever it answers, nothing appears outside the target, the memory is bounded, no
// control character reaches the terminal, and the copy has failed.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type LieName, lyingServerScript } from '@sallyport/testing/lying-sftp-server';
import { type ProgramResult, runProgram } from '@sallyport/testing/program';
import { mainArguments, runMain } from '@sallyport/testing/program-main';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';

const main = new URL('../main.js', import.meta.url).href;

interface Expectation {
  readonly argv: readonly string[];
  /** What is in the target afterwards. */
  readonly leaves: readonly string[];
  readonly says: RegExp;
  readonly code?: number;
}

const tree = ['-r', 'h:root', 'target'];
const one = ['h:f', 'target'];
const pattern = ['h:root/*', 'target'];
const suspect = /Server sent suspect path/;

const expectations: Readonly<Record<LieName, readonly Expectation[]>> = {
  'a way up': [
    { argv: tree, leaves: ['root', 'root/f'], says: suspect },
    { argv: pattern, leaves: ['f'], says: /^$/, code: 0 },
  ],
  'an absolute path': [{ argv: tree, leaves: ['root', 'root/f'], says: suspect }],
  'a path below': [{ argv: tree, leaves: ['root', 'root/f'], says: suspect }],
  'no name': [{ argv: tree, leaves: ['root', 'root/f'], says: suspect }],
  'an escape sequence': [{ argv: tree, leaves: ['root', 'root/f'], says: /\\033\[2J\\033\]0;owned\\007/ }],
  'a folder in itself': [{ argv: tree, leaves: [], says: /Maximum directory depth exceeded/ }],
  'endless names': [{ argv: tree, leaves: ['root'], says: suspect }],
  'a shorter file': [{ argv: one, leaves: ['f'], says: /ended after 0 of 4 bytes/ }],
  'more data than asked for': [{ argv: one, leaves: ['f'], says: /^scp: /, code: 255 }],
  'answers to nothing': [{ argv: one, leaves: ['f'], says: /^scp: a reply to no request\n$/, code: 255 }],
  'another kind of answer': [{ argv: one, leaves: ['f'], says: /^scp: /, code: 255 }],
  'an end in the middle': [{ argv: one, leaves: ['f'], says: /^scp: Connection closed\n$/, code: 255 }],
  'a packet beyond limits': [{ argv: one, leaves: ['f'], says: /Received message too long 2147483647/, code: 255 }],
  'an error with escapes': [{ argv: one, leaves: ['f'], says: /^scp: read remote "f": Failure\n$/ }],
  'success instead of data': [{ argv: one, leaves: ['f'], says: /^scp: /, code: 255 }],
  'a failed write': [
    { argv: ['given', 'h:x'], leaves: [], says: /^scp: write remote "x": Failure\nscp: failed to upload file given/ },
    { argv: ['-3', 'h:f', 'h:x'], leaves: [], says: /^scp: write remote "x": Failure\n$/ },
  ],
  'a failed close': [
    { argv: ['given', 'h:x'], leaves: [], says: /^scp: close remote "x": Failure\nscp: failed to upload file given/ },
  ],
};

function namesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

async function copyFrom(
  lie: LieName,
  { argv }: Expectation,
): Promise<ProgramResult & { readonly names: readonly string[] }> {
  await using folder = await TemporaryFolder.create();
  await folder.write('given', 'something to send');
  const server = await folder.write('server', lyingServerScript(lie), 0o755);
  mkdirSync(folder.file('in/target'), { recursive: true });
  const cwd = folder.file('in');
  const result = await runMain(main, ['-D', server, ...argv.map((one) => (one === 'given' ? '../given' : one))], {
    cwd,
  });
  assert.deepEqual(readdirSync(folder.path).sort(), ['given', 'in', 'server']);
  assert.deepEqual(readdirSync(cwd), ['target']);
  return { ...result, names: namesBelow(folder.file('in/target')) };
}

for (const [lie, cases] of Object.entries(expectations) as [LieName, readonly Expectation[]][]) {
  for (const expected of cases) {
    test(`scp ${expected.argv.join(' ')} from a server with ${lie} harms nothing`, async () => {
      const { code, stderr, names } = await copyFrom(lie, expected);
      assert.match(stderr.replaceAll('../given', 'given'), expected.says);
      assert.doesNotMatch(stderr, /(?!\n)\p{Cc}/u);
      assert.equal(code, expected.code ?? 1);
      if (lie === 'a folder in itself')
        assert.ok(names.length <= 65 && names.every((name) => /^root(\/d)*$/.test(name)));
      else assert.deepEqual(names, expected.leaves);
    });
  }
}

test('Endless names cost no memory', { skip: process.platform !== 'linux' && 'no /proc' }, async () => {
  await using folder = await TemporaryFolder.create();
  const server = await folder.write('server', lyingServerScript('endless names'), 0o755);
  mkdirSync(folder.file('target'));
  const report = folder.file('peak');
  const code = `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(report)},
    /VmHWM:\\s+(\\d+)/.exec(require('node:fs').readFileSync('/proc/self/status', 'latin1'))[1]));`;
  const preload = await folder.write('preload.cjs', code);
  const flag = process.versions['bun'] === undefined ? '--require' : '--preload';
  const argv = [flag, preload, ...mainArguments(main, ['-q', '-r', '-D', server, 'h:root', 'target'])];
  const { code: status } = await runProgram(process.execPath, argv, { cwd: folder.path });
  assert.equal(status, 1);
  assert.ok(Number(readFileSync(report, 'utf8')) < 400 * 1024);
});
