// Certificates between our programs and OpenSSH's: our ssh-keygen is the authority, our ssh meets the stock sshd with
// host and user certificates of every key type, and learns its other host keys.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OpensshFixture, runMain, type StockServer, skipUnless, until } from '@sallyport/testing';
import { ourKeygen } from '@sallyport/testing/keygen-pair';
import { startMain } from '@sallyport/testing/program-main';

const stock = skipUnless('openssh-server');
const ssh = import.meta.resolve('@sallyport/programs/ssh/main');
const keyTypes = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'] as const;

async function sign(authority: string, argv: readonly string[]): Promise<void> {
  const { code, stderr } = await ourKeygen(['-q', '-s', authority, '-I', 'an id', '-z', '7', ...argv]);
  assert.equal(code, 0, stderr);
}

interface Attempt {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

async function connect(fixture: OpensshFixture, server: StockServer, config: readonly string[]): Promise<Attempt> {
  const argv = [...fixture.clientArguments(server, config), 'echo in'];
  const { code, stdout, stderr } = await runMain(ssh, argv, { env: { HOME: fixture.folder.path } });
  return { code, stdout: stdout.toString('utf8'), stderr };
}

test(
  'host certificates of every key type are accepted by @cert-authority, and refused when they do not hold',
  stock,
  async () => {
    await using fixture = await OpensshFixture.create();
    const authority = await fixture.key('ed25519', 'authority');
    for (const type of keyTypes) {
      const host = await fixture.key(type, `host-${type}`);
      await sign(authority.path, ['-h', '-n', 'the.host', `${host.path}.pub`]);
      const config = [`HostKey ${host.path}`, `HostCertificate ${host.path}-cert.pub`];
      await using server = await fixture.startServer({ config, hostKeys: [] });
      const known = async (name: string, text: string): Promise<string> =>
        `UserKnownHostsFile=${await fixture.folder.write(`${type}-${name}`, text, 0o644)}`;
      const trusted = await known('ca', `@cert-authority * ${authority.publicLine}\n`);
      const good = await connect(fixture, server, [trusted, 'HostKeyAlias=the.host', 'LogLevel=DEBUG']);
      assert.equal(good.stdout, 'in\n', good.stderr);
      assert.match(
        good.stderr,
        /Server host certificate: \S+-cert-v01@openssh\.com SHA256:\S+, serial 7 ID "an id" CA /,
      );
      const other = await connect(fixture, server, [trusted, 'HostKeyAlias=other.host']);
      assert.equal(other.code, 255);
      assert.match(other.stderr, /Certificate invalid: name is not a listed principal/);
      const plain = await known('plain', `other.host ${host.publicLine}\n`);
      const alone = await connect(fixture, server, [plain, 'HostKeyAlias=other.host']);
      assert.equal(alone.stdout, 'in\n', alone.stderr);
      const list = fixture.folder.file(`${type}-krl`);
      await ourKeygen(['-k', '-q', '-f', list, `${host.path}-cert.pub`]);
      const revoked = await connect(fixture, server, [trusted, 'HostKeyAlias=the.host', `RevokedHostKeys=${list}`]);
      assert.match(revoked.stderr, /Host key \S+-CERT SHA256:\S+ revoked by file/);
    }
  },
);

test('the stock sshd lets in certificates of every key type that ours presents', stock, async () => {
  await using fixture = await OpensshFixture.create();
  const authority = await fixture.key('ecdsa-256', 'authority');
  const config = [`TrustedUserCAKeys ${authority.path}.pub`];
  await using server = await fixture.startServer({ config });
  for (const type of keyTypes) {
    const key = await fixture.key(type, `user-${type}`);
    const only = [`IdentityFile=${key.path}`, 'IdentityFile=none'];
    await sign(authority.path, ['-I', `id-${type}`, '-n', server.user, `${key.path}.pub`]);
    const good = await connect(fixture, server, only);
    assert.equal(good.stdout, 'in\n', good.stderr);
    await server.untilLog(
      new RegExp(`Accepted publickey for ${server.user} from .* ID id-${type} \\(serial 7\\) CA ECDSA`),
    );
    await sign(authority.path, ['-n', server.user, '-O', 'force-command=echo forced', `${key.path}.pub`]);
    const forced = await connect(fixture, server, [`CertificateFile=${key.path}-cert.pub`, ...only]);
    assert.equal(forced.stdout, 'forced\n', forced.stderr);
  }
});

test('the other host keys of the stock sshd are learned after its proof', stock, async () => {
  await using fixture = await OpensshFixture.create();
  await using server = await fixture.startServer({ hostKeys: ['ed25519', 'ecdsa-256', 'rsa-2048'] });
  const [first = ''] = readFileSync(server.knownHosts, 'utf8').split('\n');
  const file = await fixture.folder.write('learning', `${first}\n`, 0o644);
  const config = [
    `UserKnownHostsFile=${file}`,
    'UpdateHostKeys=yes',
    'HostKeyAlgorithms=ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512',
  ];
  const argv = [...fixture.clientArguments(server, config), 'cat'];
  const session = startMain(ssh, argv, { env: { HOME: fixture.folder.path } });
  const linesOf = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n').sort();
  // A session that is over waits for the proof, but not for long.
  await until(
    () => linesOf(file).length === 3,
    () => `the keys are learned; ${session.stderr()}`,
  );
  session.child.stdin?.end('in\n');
  const { stdout, stderr } = await session.exited;
  assert.equal(stdout.toString(), 'in\n', stderr);
  assert.deepEqual(linesOf(file), linesOf(server.knownHosts));
});
