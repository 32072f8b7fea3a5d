import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { OpensshFixture } from '@sallyport/testing/openssh-fixture';
import { skipUnless } from '@sallyport/testing/peers';
import type { ProgramOptions, ProgramResult } from '@sallyport/testing/program';
import { runMain, startMain } from '@sallyport/testing/program-main';
import { stockSftpServer } from '@sallyport/testing/sftp-process';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { main } from './main.ts';
import { usage } from './messages.ts';

const module = import.meta.resolve('@sallyport/programs/sftp/main');
const withServerProgram = skipUnless('openssh-sftp-server');
const stock = skipUnless('openssh-server', 'openssh-sftp-server');

function sftp(argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return runMain(module, argv, options);
}

test('wrong use ends with the usage and status 1, a wrong value with a sentence and 255', async () => {
  const { code, stderr } = await sftp([]);
  assert.deepEqual([code, stderr], [1, usage]);
  const wrong = await sftp(['-B', '0', 'h']);
  assert.deepEqual([wrong.code, wrong.stderr], [255, 'Invalid buffer size "0"\r\n']);
  const missing = await sftp(['-b', '/nonexistent', 'h']);
  assert.deepEqual([missing.code, missing.stderr], [255, 'No such file or directory (/nonexistent).\r\n']);
  assert.equal(typeof main, 'function');
});

test('lines of a pipe are shown and obeyed; errors do not end them', withServerProgram, async () => {
  await using folder = await TemporaryFolder.create();
  const lines = ['!echo from the shell', 'lumask 077', `get ${folder.file('nope')}`, 'version', '!exit 3'];
  const input = `lcd ${folder.path}\n@lpwd\n\tlpwd\t# \x1b\r\n${lines.join('\n')}`;
  const { code, stdout, stderr } = await sftp(['-D', stockSftpServer], { input, cwd: folder.path });
  assert.equal(code, 0);
  const shown = [
    `sftp> lcd ${folder.path}`,
    `Local working directory: ${folder.path}`,
    'sftp> \tlpwd\t# \\033\r',
    `Local working directory: ${folder.path}`,
    'sftp> !echo from the shell',
    'from the shell',
    'sftp> lumask 077',
    'Local umask: 077',
    `sftp> get ${folder.file('nope')}`,
    'sftp> version',
    'SFTP protocol version 3',
    'sftp> !exit 3',
  ];
  assert.equal(stdout.toString(), shown.map((line) => `${line}\n`).join(''));
  assert.equal(
    stderr,
    `Attached to ${stockSftpServer}.\nFile "${folder.file('nope')}" not found.\r\nShell exited with status 3\r\n`,
  );
});

test('-v tells refusals, -vv requests and what the server announces, -vvv its sizes', withServerProgram, async () => {
  await using folder = await TemporaryFolder.create();
  const run = async (flag: string): Promise<string[]> => {
    const options = { input: 'cd no\x1bthing\n', cwd: folder.path };
    const { stderr } = await sftp(['-q', flag, '-b', '-', '-D', stockSftpServer], options);
    return stderr.split('\r\n').filter((line) => line.startsWith('debug'));
  };
  const one = [`debug1: stat "${folder.path}/no\\033thing": No such file`];
  assert.deepEqual(await run('-v'), one);
  const two = await run('-vv');
  assert.deepEqual(two.slice(0, 2), [
    'debug2: Remote version: 3',
    'debug2: Server supports extension "posix-rename@openssh.com" revision 1',
  ]);
  const asked = `debug2: Sending SSH2_FXP_STAT "${folder.path}/no\\033thing"`;
  assert.deepEqual(two.slice(-2), [asked, ...one]);
  assert.ok(!two.some((line) => line.startsWith('debug3')));
  const sizes = 'debug3: server upload/download buffer sizes 261120 / 261120; using 261120 / 261120';
  assert.ok((await run('-vvv')).includes(sizes));
});

test(
  'a batch ends at its first error with status 1, and begins before its end has come',
  withServerProgram,
  async () => {
    await using folder = await TemporaryFolder.create();
    const batch = folder.file('batch');
    writeFileSync(
      batch,
      `-get ${folder.file('nope')} ${folder.file('x')}\nput ${batch} ${folder.file('copy')}\nbogus\npwd\n`,
    );
    const { code, stdout, stderr } = await sftp(['-b', batch, '-D', stockSftpServer]);
    assert.equal(code, 1);
    assert.doesNotMatch(stdout.toString(), /pwd/);
    assert.match(stderr, /^File ".*" not found\.\r\nInvalid command\.\r\n$/);
    assert.equal(readFileSync(folder.file('copy'), 'utf8'), readFileSync(batch, 'utf8'));
    const running = startMain(module, ['-b', '-', '-D', stockSftpServer]);
    running.child.stdin?.write('@!echo now >&2\n');
    await running.untilStderr(/now/);
    running.child.stdin?.end();
    assert.equal((await running.exited).code, 0);
  },
);

test('a server that is none is told apart', async () => {
  const { code, stderr } = await sftp(['-D', '/bin/sh -c "echo Hello, who is there; cat >/dev/null"']);
  assert.equal(code, 255);
  const hint = 'Ensure the remote shell produces no output for non-interactive sessions.';
  assert.equal(stderr, `Received message too long 1214606444\r\n${hint}\r\n`);
  const gone = await sftp(['-D', '/bin/true']);
  assert.deepEqual([gone.code, gone.stderr], [255, 'Connection closed\r\n']);
  const missing = await sftp(['-D', '/nonexistent']);
  const text = 'exec: /nonexistent: No such file or directory\nConnection closed\r\n';
  assert.deepEqual([missing.code, missing.stderr], [255, text]);
});

test('a server that goes away ends the program with 255', withServerProgram, async () => {
  const { code, stderr } = await sftp(['-q', '-D', stockSftpServer], {
    input: '!kill -9 $(ps -o pid= --ppid $PPID | head -1)\npwd\nls\n',
  });
  assert.equal(code, 255);
  assert.match(stderr, /Connection closed\r\n$/);
});

test('a host is connected to by this process: a folder is entered, a file fetched', stock, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer();
  const [host = '', ...reversed] = fixture.clientArguments(server).toReversed();
  const options = reversed.toReversed().map((word) => (word === '-p' ? '-P' : word));
  const at = options.indexOf('-l');
  const [, user = ''] = options.splice(at, 2);
  const folder = fixture.folder;
  writeFileSync(folder.file('f1'), 'content');
  const entered = await sftp([...options, `${user}@${host}:${folder.path}`], { input: 'pwd\n' });
  assert.equal(entered.stderr, `Connected to ${host}.\n`);
  assert.equal(
    entered.stdout.toString(),
    `Changing to: ${folder.path}\nsftp> pwd\nRemote working directory: ${folder.path}\n`,
  );
  const fetched = await sftp([...options, `${user}@${host}:${folder.file('f*')}`, folder.file('to')]);
  assert.equal(fetched.stdout.toString(), `Fetching ${folder.file('f1')} to ${folder.file('to')}\n`);
  assert.equal(readFileSync(folder.file('to'), 'utf8'), 'content');
  writeFileSync(folder.file('-r odd "name'), 'odd');
  const odd = await sftp([...options, `${user}@${host}:${folder.file('-r odd "name')}`, folder.file('odd')]);
  assert.deepEqual([odd.code, readFileSync(folder.file('odd'), 'utf8')], [0, 'odd']);
  const missing = await sftp([...options, `${user}@${host}:${folder.file('nope')}`]);
  assert.deepEqual([missing.code, existsSync(folder.file('nope'))], [1, false]);
  const program = await sftp([...options, '-s', stockSftpServer, '-b', '-', `${user}@${host}`], { input: 'pwd' });
  assert.equal(program.code, 0);
  const refused = await sftp([...options, '-s', 'nonsense', `${user}@${host}`]);
  assert.deepEqual(
    [refused.code, refused.stderr],
    [255, 'subsystem request failed on channel 0\r\nConnection closed\r\n'],
  );
});
