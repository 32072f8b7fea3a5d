import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type ProgramResult, runMain, TemporaryFolder } from '@sallyport/testing';
import { keySamples } from '@sallyport/testing/key-samples';
import { programPath, skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';

const module = import.meta.resolve('@sallyport/programs/ssh-keygen/main');
const stock = skipUnless('openssh-client');

const keygen = (argv: readonly string[]): Promise<ProgramResult> => runMain(module, argv);
const stockKeygen = (argv: readonly string[]): Promise<ProgramResult> => runProgram(programPath('ssh-keygen'), argv);

function transcript({ stdout, stderr, code }: ProgramResult): string {
  return `${stdout.toString('latin1')}${stderr}[${code}]`;
}

const bare = keySamples.map((sample) => sample.publicLine.split(' ').slice(0, 2).join(' '));
const hashed = '|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=';

const lines = [
  '# a comment',
  '',
  `web.example,10.0.0.1 ${bare[0]} first \u00e9`,
  `*.example ${bare[1]}`,
  `Web.Example ${bare[2]}`,
  `${hashed} ${bare[3]}`,
  `@revoked web.example ${bare[4]}`,
  `@cert-authority *.example ${bare[0]}`,
  `[web.example]:2222 ${bare[1]} x`,
];
const text = `${lines.join('\n')}\n`;

test('-F finds plain, pattern, hashed and marked lines and says where, as the stock program', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('hosts', text);
  for (const host of ['web.example', 'WEB.example', '192.168.1.61', '[web.example]:2222', 'other', 'db.example']) {
    for (const more of [[], ['-l'], ['-lv'], ['-q'], ['-l', '-E', 'md5']]) {
      const argv = ['-F', host, ...more, '-f', path];
      assert.equal(transcript(await keygen(argv)), transcript(await stockKeygen(argv)), argv.join(' '));
    }
  }
});

test('-F with -H shows the found lines hashed', async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('hosts', text);
  const shown = transcript(await keygen(['-H', '-F', 'web.example', '-f', path])).split('\n');
  assert.match(shown[1] ?? '', /^\|1\|[^|]{28}\|[^ ]{28} ssh-ed25519 /);
  assert.equal(readFileSync(path, 'utf8'), text);
});

test(
  '-R removes the unmarked lines of a host, byte for byte like the stock program, and keeps the old file',
  stock,
  async () => {
    await using folder = await TemporaryFolder.create();
    for (const host of ['web.example', '192.168.1.61', '[web.example]:2222']) {
      const [ours, theirs] = [await folder.write('ours', text), await folder.write('theirs', text)];
      const said = transcript(await keygen(['-R', host, '-f', ours])).replaceAll(ours, 'FILE');
      assert.equal(said, transcript(await stockKeygen(['-R', host, '-f', theirs])).replaceAll(theirs, 'FILE'));
      assert.deepEqual(readFileSync(ours), readFileSync(theirs));
      assert.equal(readFileSync(`${ours}.old`, 'utf8'), text);
    }
  },
);

test('-R of a host that is not there changes nothing', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('hosts', text);
  const ours = await keygen(['-R', 'other', '-f', path]);
  assert.equal(transcript(ours), transcript(await stockKeygen(['-R', 'other', '-f', path])));
  assert.equal(existsSync(`${path}.old`), false);
  assert.equal(readFileSync(path, 'utf8'), text);
});

test('-H hashes every plain name on a line of its own, which the stock program then finds', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const [ours, theirs] = [await folder.write('ours', text), await folder.write('theirs', text)];
  const said = transcript(await keygen(['-H', '-f', ours])).replaceAll(ours, 'FILE');
  assert.equal(said, transcript(await stockKeygen(['-H', '-f', theirs])).replaceAll(theirs, 'FILE'));
  const shape = (path: string): string => readFileSync(path, 'latin1').replaceAll(/\|1\|[^ ]+/g, 'HASH');
  assert.equal(shape(ours), shape(theirs));
  for (const host of ['web.example', '10.0.0.1', '[web.example]:2222', '192.168.1.61']) {
    assert.equal((await stockKeygen(['-F', host, '-f', ours])).code, 0, host);
  }
});

test('a file with a line that cannot be understood is not rewritten', stock, async () => {
  await using folder = await TemporaryFolder.create();
  const damaged = `${text}web.example\n`;
  const path = await folder.write('hosts', damaged);
  for (const argv of [
    ['-H', '-f', path],
    ['-R', 'web.example', '-f', path],
  ]) {
    assert.equal(transcript(await keygen(argv)), transcript(await stockKeygen(argv)));
    assert.equal(readFileSync(path, 'utf8'), damaged);
    assert.equal(existsSync(`${path}.old`), false);
  }
});

test('a missing file is told with status 255', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('missing');
  const expected = `Cannot stat ${path}: No such file or directory\r\n[255]`;
  for (const argv of [['-F', 'x'], ['-R', 'x'], ['-H']]) {
    assert.equal(transcript(await keygen([...argv, '-f', path])), expected);
  }
});
