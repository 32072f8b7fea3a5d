import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { type ProgramResult, runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { installCommand, quote, withLines } from './authorized-keys.ts';

const lines = ['ssh-ed25519 AAAA one', 'ssh-ed25519 BBBB two'];
const added = `${lines.join('\n')}\n`;

test('Lines go behind what is there, which stays byte for byte, on lines of their own', () => {
  const cases: Readonly<Record<string, string>> = {
    '': added,
    'old\n': `old\n${added}`,
    'old without end': `old without end\n${added}`,
    '# comment\r\n\n\xff\xfe\n': `# comment\r\n\n\xff\xfe\n${added}`,
  };
  for (const [old, expected] of Object.entries(cases)) {
    assert.equal(Buffer.from(withLines(Buffer.from(old, 'latin1'), lines)).toString('latin1'), expected);
  }
});

/** Runs the command as sshd would, in a home of its own. */
async function install(home: string, path: string, input = added): Promise<ProgramResult> {
  const command = installCommand(path, Buffer.byteLength(added));
  return runProgram('/bin/sh', ['-c', command], { env: { HOME: home }, cwd: '/', input });
}

test('The command makes folder and file for the user alone', async () => {
  await using home = await TemporaryFolder.create();
  const { code, stderr } = await install(home.path, '.ssh/authorized_keys');
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(readFileSync(home.file('.ssh/authorized_keys'), 'utf8'), added);
  assert.equal(statSync(home.file('.ssh')).mode & 0o777, 0o700);
  assert.equal(statSync(home.file('.ssh/authorized_keys')).mode & 0o777, 0o600);
});

test('The command keeps lines, modes and a link, and ends a line that has no end', async () => {
  await using home = await TemporaryFolder.create();
  mkdirSync(home.file('.ssh'));
  writeFileSync(home.file('real'), '# mine\nold key');
  chmodSync(home.file('real'), 0o640);
  symlinkSync('../real', home.file('.ssh/authorized_keys'));
  assert.equal((await install(home.path, '.ssh/authorized_keys')).code, 0);
  assert.equal(readFileSync(home.file('real'), 'utf8'), `# mine\nold key\n${added}`);
  assert.equal(statSync(home.file('real')).mode & 0o777, 0o640);
  assert.ok(lstatSync(home.file('.ssh/authorized_keys')).isSymbolicLink());
  assert.deepEqual(readdirSync(home.path).sort(), ['.ssh', 'real']);
});

test('The command changes nothing when the lines do not come whole', async () => {
  await using home = await TemporaryFolder.create();
  await home.write('keys', 'old\n');
  for (const input of ['', added.slice(0, -1), added.slice(0, 10)]) {
    assert.equal((await install(home.path, 'keys', input)).code, 1);
    assert.equal(readFileSync(home.file('keys'), 'utf8'), 'old\n');
    assert.deepEqual(readdirSync(home.path), ['keys']);
  }
});

test('A path with quotes, blanks and dollars is taken as it is', async () => {
  await using home = await TemporaryFolder.create();
  const path = `it's $HOME "x"/\`keys`;
  assert.equal((await install(home.path, path)).code, 0);
  assert.equal(readFileSync(`${home.path}/${path}`, 'utf8'), added);
  assert.equal(quote("it's"), "'it'\\''s'");
});
