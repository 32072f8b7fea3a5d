// Host keys of sshd that are more than a file: certificates, keys in an agent, and proofs for clients that update their
// lists. The stock ssh judges what our sshd presents (PROTOCOL section 2.5, PROTOCOL.certkeys).

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import { programPath, runProgram, skipUnless, startProgram, until } from '@sallyport/testing';
import { ourSshd, SshdFixture, waysToRun } from './sshd-fixture.ts';

const fixture = await SshdFixture.create();
after(() => fixture[Symbol.asyncDispose]());
const { folder } = fixture.openssh;
const authority = await fixture.openssh.key('ed25519', 'host-authority');

async function keygen(args: readonly string[]): Promise<void> {
  const { code, stderr } = await runProgram(programPath('ssh-keygen'), ['-q', ...args]);
  assert.equal(code, 0, stderr);
}

/** A certificate for a public key file, beside a copy of it. */
async function certify(publicFile: string, name: string, options: readonly string[]): Promise<string> {
  const copy = folder.file(`${name}.pub`);
  await copyFile(publicFile, copy);
  await keygen(['-s', authority.path, '-I', name, '-h', ...options, copy]);
  return folder.file(`${name}-cert.pub`);
}

for (const { as, needs } of waysToRun) {
  describe(`host keys of sshd as ${as}`, needs, () => {
    test('HostCertificate is presented, and the stock ssh trusts its authority', async () => {
      const key = await fixture.openssh.key('ed25519', `certified-host-${as}`);
      if (as === 'account') await runProgram('/bin/chown', [String(fixture.account.uid), key.path]);
      const file = await certify(`${key.path}.pub`, `host-${as}`, ['-n', '127.0.0.1']);
      await using server = await fixture.start(as, { config: [`HostKey ${key.path}`, `HostCertificate ${file}`] });
      const trusted = await folder.write(`trusted-${as}`, `@cert-authority * ${authority.publicLine}\n`, 0o644);
      const good = await fixture.ssh({ ...server, knownHosts: trusted }, ['echo in']);
      assert.deepEqual(good, { stdout: 'in\n', stderr: '', code: 0 });
      const plain = { ...server, knownHosts: await folder.write(`plain-${as}`, `* ${key.publicLine}\n`, 0o644) };
      assert.equal((await fixture.ssh(plain, ['echo in'])).stdout, 'in\n');
      const rekeying = { config: ['RekeyLimit=64K', 'HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com'] };
      const rekeyed = await fixture.ssh(
        { ...server, knownHosts: trusted },
        ['head -c 300000 /dev/zero | wc -c'],
        rekeying,
      );
      assert.equal(rekeyed.stdout.trim(), '300000');
    });

    test('a certificate of another key, and a file that is none, are named and left out', async () => {
      const other = await fixture.openssh.key('ed25519', 'other-host');
      const file = await certify(`${other.path}.pub`, `other-${as}`, ['-n', '127.0.0.1']);
      const files = [file, `${other.path}.pub`, '/nonexistent/cert'];
      await using server = await fixture.start(as, { config: files.map((name) => `HostCertificate ${name}`) });
      assert.match(server.log(), /No matching private key for certificate: /);
      assert.match(server.log(), /Certificate file is not a certificate: /);
      assert.match(server.log(), /Could not load host certificate "\/nonexistent\/cert"/);
      assert.equal((await fixture.ssh(server, ['echo in'])).stdout, 'in\n');
    });

    test('clients learn the other host keys after the login, against proof', async () => {
      await using server = await fixture.start(as, { hostKeys: ['ed25519', 'ecdsa-256', 'rsa-2048'] });
      const [first = ''] = (await readFile(server.knownHosts, 'utf8')).split('\n');
      const known = await folder.write(`learning-${as}`, `${first}\n`, 0o600);
      const client = { ...server, knownHosts: known };
      const session = fixture.openssh.startClient(client, ['cat'], { config: ['UpdateHostKeys=yes'] });
      await until(() => readFileSync(known, 'utf8').trim().split('\n').length === 3, 'the client has learned');
      session.child.stdin?.end();
      assert.equal((await session.exited).code, 0);
      const learned = (await readFile(known, 'utf8')).trim().split('\n');
      const wanted = server.hostKeys.map(({ publicLine }) => publicLine.split(' ')[1]);
      assert.deepEqual(learned.map((line) => line.split(' ')[2]).sort(), wanted.sort());
    });
  });
}

test('HostKeyAgent signs for public host keys, and sshd goes on without its agent where it can', {
  ...skipUnless('openssh-client', 'openssh-agent', 'root'),
}, async () => {
  const socket = folder.file('agent');
  const agent = startProgram(programPath('ssh-agent'), ['-D', '-a', socket], { timeoutMs: 60_000 });
  const held = await fixture.openssh.key('rsa-2048', 'held-host');
  await until(() => agent.stdout().includes('SSH_AUTH_SOCK'), 'the agent is there');
  const add = await runProgram(programPath('ssh-add'), ['-q', held.path], { env: { SSH_AUTH_SOCK: socket } });
  assert.equal(add.code, 0, add.stderr);
  const onlyPublic = folder.file('held.pub');
  await copyFile(`${held.path}.pub`, onlyPublic);
  const config = [`HostKeyAgent ${socket}`, `HostKey ${onlyPublic}`];
  await using server = await fixture.start('root', { config });
  const known = await folder.write('held-known', `* ${held.publicLine}\n`, 0o644);
  const client = { ...server, knownHosts: known };
  const algorithm = { config: ['HostKeyAlgorithms=rsa-sha2-512', 'RekeyLimit=64K'] };
  const { stdout, stderr } = await fixture.ssh(client, ['head -c 300000 /dev/zero | wc -c'], algorithm);
  assert.deepEqual([stdout.trim(), stderr], ['300000', '']);
  await agent.end();
  assert.equal((await fixture.ssh(client, ['echo in'], algorithm)).code, 255);
  assert.equal((await fixture.ssh(server, ['echo in'], { config: ['HostKeyAlgorithms=ssh-ed25519'] })).stdout, 'in\n');
});

test('without an agent a public host key is no host key', async () => {
  const key = await fixture.openssh.key('ed25519', 'lonely');
  const file = await folder.write('lonely.config', `HostKey ${key.path}.pub\n`, 0o644);
  const { code, stderr } = await runProgram(ourSshd, ['-t', '-f', file]);
  assert.equal(code, 1);
  assert.match(stderr, /no hostkeys available/);
});
