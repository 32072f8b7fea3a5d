// Keys of FIDO authenticators with the dummy middleware of OpenSSH's own tests, each side ours or stock: made, used
// for logins and signatures, and refused where nobody touched the token.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { OpensshFixture, ourProgram, programPath, runProgram, skipUnless } from '@sallyport/testing';
import { failureOf } from '@sallyport/testing/security-key-failure';
import { SecurityKeys } from 'sallyport/helpers/security-keys';

const middleware = '/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so';
const types = ['ed25519-sk', 'ecdsa-sk'] as const;

describe('keys of security tokens', skipUnless('sk-dummy', 'openssh-server', 'openssh-client'), () => {
  let fixture: OpensshFixture;
  const env = { SSH_SK_PROVIDER: middleware };
  /** Ours finds its helper beside itself; stock programs have theirs. */
  const run = (program: string, args: readonly string[], input = '') => runProgram(program, args, { env, input });
  before(async () => {
    fixture = await OpensshFixture.create();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const makeKey = async (program: string, name: string, [type, ...more]: readonly [string, ...string[]]) => {
    const path = fixture.folder.file(name);
    const args = ['-q', '-t', type, '-N', '', '-C', 'made', '-f', path, ...more];
    const { code, stderr } = await run(program, args);
    assert.equal(code, 0, stderr);
    return { path, line: (await readFile(`${path}.pub`, 'utf8')).trimEnd() };
  };

  for (const type of types) {
    test(`a ${type} key that our ssh-keygen makes logs in everywhere, with our ssh and the stock one`, async () => {
      const key = await makeKey(ourProgram('ssh-keygen'), `ours-${type}`, [type, '-O', 'application=ssh:test']);
      for (const server of [programPath('sshd'), ourProgram('sshd')]) {
        await using started = await fixture.startServer({ program: server, authorizedKeys: [key.line] });
        for (const client of [programPath('ssh'), ourProgram('ssh')]) {
          const config = [`IdentityFile=${key.path}`, 'LogLevel=INFO', `SecurityKeyProvider=${middleware}`];
          const result = await fixture.runClient(started, ['echo', 'in'], { program: client, config, env });
          assert.equal(result.stdout.toString(), 'in\n', `${client} to ${server}: ${result.stderr}`);
          if (client === ourProgram('ssh')) assert.match(result.stderr, /Confirm user presence for key \S+-SK SHA256:/);
        }
      }
    });

    test(`a key without a touch gets in to neither sshd, unless authorized_keys says so: ${type}`, async () => {
      const key = await makeKey(ourProgram('ssh-keygen'), `untouched-${type}`, [type, '-O', 'no-touch-required']);
      const lets = async (program: string, line: string): Promise<boolean> => {
        await using started = await fixture.startServer({ program, authorizedKeys: [line] });
        // Not the fixture's arguments: its own key would let in as well.
        const settings = ['BatchMode=yes', 'IdentitiesOnly=yes', `UserKnownHostsFile=${started.knownHosts}`];
        const where = ['-F', '/dev/null', '-p', String(started.port), '-l', started.user, '-i', key.path, started.host];
        const result = await run(ourProgram('ssh'), [...settings.flatMap((word) => ['-o', word]), ...where, 'true']);
        return result.code === 0;
      };
      for (const program of [programPath('sshd'), ourProgram('sshd')]) {
        assert.equal(await lets(program, key.line), false, program);
        assert.equal(await lets(program, `no-touch-required ${key.line}`), true, program);
      }
    });

    test(`files are signed by a ${type} key of either program, and verified by the other`, async () => {
      const ours = await makeKey(ourProgram('ssh-keygen'), `sign-ours-${type}`, [type]);
      const stock = await makeKey(programPath('ssh-keygen'), `sign-stock-${type}`, [type]);
      const pairs = [
        [ourProgram('ssh-keygen'), programPath('ssh-keygen'), stock],
        [programPath('ssh-keygen'), ourProgram('ssh-keygen'), ours],
      ] as const;
      for (const [signer, verifier, key] of pairs) {
        const file = await fixture.folder.write(`message-${type}-${key === ours}`, 'to be signed');
        const signed = await run(signer, ['-Y', 'sign', '-f', key.path, '-n', 'test', file]);
        assert.equal(signed.code, 0, signed.stderr);
        const signers = await fixture.folder.write('signers', `somebody ${key.line}\n`);
        const args = ['-Y', 'verify', '-f', signers, '-I', 'somebody', '-n', 'test', '-s', `${file}.sig`];
        const verified = await run(verifier, args, 'to be signed');
        assert.equal(verified.code, 0, verified.stderr);
      }
    });
  }

  test('a host key in a token is what the stock ssh verifies', async () => {
    const key = await makeKey(ourProgram('ssh-keygen'), 'host', ['ed25519-sk']);
    const config = [`HostKey ${key.path}`, `SecurityKeyProvider ${middleware}`];
    await using server = await fixture.startServer({ program: ourProgram('sshd'), config, env });
    const [type = '', base64 = ''] = key.line.split(' ');
    const knownHosts = await fixture.folder.write('known', `[127.0.0.1]:${server.port} ${type} ${base64}\n`);
    const target = { ...server, knownHosts };
    const result = await fixture.runClient(target, ['echo', 'in'], { config: [`HostKeyAlgorithms=${type}`] });
    assert.equal(result.stdout.toString(), 'in\n', result.stderr);
  });

  test('a certificate by a token and for a token is read by the stock ssh-keygen', async () => {
    const authority = await makeKey(ourProgram('ssh-keygen'), 'authority', ['ecdsa-sk']);
    const subject = await makeKey(ourProgram('ssh-keygen'), 'subject', ['ed25519-sk']);
    const args = ['-s', authority.path, '-I', 'by token', '-n', 'somebody', `${subject.path}.pub`];
    const signed = await run(ourProgram('ssh-keygen'), args);
    assert.equal(signed.code, 0, signed.stderr);
    const shown = await run(programPath('ssh-keygen'), ['-L', '-f', `${subject.path}-cert.pub`]);
    assert.match(shown.stdout.toString(), /sk-ssh-ed25519-cert-v01@openssh\.com user certificate/);
    assert.match(shown.stdout.toString(), /Signing CA: ECDSA-SK /);
  });

  test('what the middleware refuses, and what is no middleware, is told apart', async () => {
    const keys = new SecurityKeys(createCryptoProvider(), { SSH_SK_HELPER: ourProgram('ssh-sk-helper') });
    const wanted = { algorithm: 'ecdsa', challenge: new Uint8Array(32), application: 'ssh:', flags: 1 } as const;
    assert.equal(await failureOf(keys.residentKeys({ provider: middleware })), 'unsupported');
    for (const provider of ['/nonexistent.so', '/etc/passwd', 'libc.so.6']) {
      assert.equal(await failureOf(keys.enroll({ ...wanted, provider })), 'general', provider);
    }
  });
});
