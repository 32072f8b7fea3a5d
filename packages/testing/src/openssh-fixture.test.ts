import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';

import { descendantsOf, OpensshFixture } from './openssh-fixture.ts';
import { findProgram, hasPeer, ordinaryAccount, skipUnless } from './peers.ts';
import { runProgram, startProgram } from './program.ts';
import { TemporaryFolder } from './temporary-folder.ts';

const openssh = skipUnless('openssh-client', 'openssh-server');

test(
  'the stock client logs in to the stock server of the fixture and gets output, stderr and status',
  openssh,
  async () => {
    await using fixture = await OpensshFixture.create();
    await using server = await fixture.startServer();
    const result = await fixture.runClient(server, ['cat; echo to-stderr >&2; exit 7'], { input: 'through the pipe' });
    assert.equal(result.stdout.toString(), 'through the pipe');
    assert.match(result.stderr, /to-stderr/);
    assert.equal(result.code, 7);
    assert.match(server.log(), /Accepted publickey for /);
  },
);

test(
  'the fixture server runs as an ordinary account when we are root',
  skipUnless('openssh-server', 'openssh-client', 'root', 'ordinary-account'),
  async () => {
    const account = ordinaryAccount();
    assert.ok(account);
    await using fixture = await OpensshFixture.create();
    await using server = await fixture.startServer({ runAs: account, hostKeys: ['ed25519', 'ecdsa-256'] });
    const result = await fixture.runClient(server, ['id -u']);
    assert.equal(result.stdout.toString().trim(), String(account.uid));
  },
);

test('the end of the fixture removes its folder and ends its programs', openssh, async () => {
  const fixture = await OpensshFixture.create();
  const server = await fixture.startServer();
  const client = fixture.startClient(server, ['echo started >&2; sleep 100']);
  await client.untilStderr(/started/);
  assert.ok((await descendantsOf(server.pid)).length > 0);
  await fixture[Symbol.asyncDispose]();
  assert.equal(existsSync(fixture.folder.path), false);
  assert.throws(() => process.kill(server.pid, 0));
  assert.throws(() => process.kill(client.pid, 0));
});

test('a program that takes too long is killed with its group', async () => {
  const started = startProgram('/bin/sh', ['-c', 'sleep 100; echo late'], { timeoutMs: 100 });
  const result = await started.exited;
  assert.equal(result.signal, 'SIGKILL');
  assert.equal(result.stdout.length, 0);
});

test('waiting for a line of stderr rejects when the program ends without it', async () => {
  const started = startProgram('/bin/sh', ['-c', 'echo other >&2'], { input: '' });
  await assert.rejects(started.untilStderr(/expected/), /ended without/);
});

test('a program gets none of our environment but what is told', async () => {
  const result = await runProgram('/usr/bin/env', [], { env: { TOLD: 'yes' } });
  const names = result.stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('=')[0]);
  assert.deepEqual(names.filter((name) => name !== 'TMPDIR').sort(), ['LANG', 'PATH', 'TOLD']);
});

test('a missing program starts nothing and rejects', async () => {
  await assert.rejects(runProgram('/nonexistent/program', []), /ENOENT/);
});

test('skipUnless() names what is missing and lets the rest run', () => {
  assert.equal(findProgram('sh') !== undefined, true);
  assert.equal(findProgram('no-such-program'), undefined);
  assert.equal(hasPeer('root'), process.getuid?.() === 0);
});

test('a temporary folder holds files with their mode and is gone at the end', async () => {
  let path: string;
  {
    await using folder = await TemporaryFolder.create();
    path = await folder.write('secret', 'x', 0o600);
    assert.equal(existsSync(path), true);
  }
  assert.equal(existsSync(path), false);
});
