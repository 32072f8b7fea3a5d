// Certificates that the library makes between its two sides and OpenSSH's: the stock ssh logs in to a server of the
// library and trusts its host certificate, and connect() does both with the stock sshd; for every key type.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import {
  OpensshFixture,
  type StockClientTarget,
  type StockKey,
  type StockKeyType,
  skipUnless,
} from '@sallyport/testing';
import { type ConnectOptions, connect, type PrivateKey, readPrivateKey } from 'sallyport';
import {
  type CertificateRequest,
  createCertificate,
  createRevocationList,
  formatPublicKey,
  generatePrivateKey,
  KeyError,
} from 'sallyport/keys';
import { startServer } from './support.ts';

const stock = skipUnless('openssh-server', 'openssh-client');
const keyTypes: readonly StockKeyType[] = ['ed25519', 'ecdsa-256', 'ecdsa-384', 'ecdsa-521', 'rsa-2048'];
const later = Date.now() / 1000 + 3600;

interface Certified {
  readonly key: PrivateKey;
  readonly stock: StockKey;
  readonly path: string;
}

/** A stock key with a certificate of ours beside it. */
async function certify(
  fixture: OpensshFixture,
  authority: PrivateKey,
  request: Omit<CertificateRequest, 'key' | 'validBefore'> & { readonly type: StockKeyType; readonly name: string },
): Promise<Certified> {
  const { type, name, ...rest } = request;
  const made = await fixture.key(type, name);
  const key = await readPrivateKey(made.path);
  const certificate = await createCertificate(authority, { ...rest, key, validBefore: later });
  const path = await fixture.folder.write(`key-${name}-cert.pub`, `${formatPublicKey(certificate)}\n`, 0o644);
  return { key, stock: made, path };
}

test(
  'the stock ssh logs in to a server of ours with certificates of every type, and trusts its own',
  stock,
  async () => {
    await using fixture = await OpensshFixture.create();
    const authority = generatePrivateKey({ type: 'ecdsa', curve: 'nistp384' });
    const hostName = 'server.example';
    for (const type of keyTypes) {
      const host = { kind: 'host', keyId: 'host', principals: [hostName], type, name: `host-${type}` } as const;
      const { key: hostKey, path: hostCertificate } = await certify(fixture, authority, host);
      const person = {
        kind: 'user',
        keyId: `id-${type}`,
        principals: ['alice'],
        serial: 3,
        type,
        name: `user-${type}`,
      } as const;
      const user = await certify(fixture, authority, person);
      const seen: string[] = [];
      const server = await startServer({
        hostKeys: [hostKey],
        hostCertificates: [await readFile(hostCertificate, 'utf8')],
        login: {
          userAuthorities: [formatPublicKey(authority)],
          certificate: ({ certificate, verified }) => {
            if (verified) seen.push(`${certificate.keyId} ${certificate.serial}`);
            return { allow: true };
          },
          onCertificateRefused: (_, reason) => seen.push(reason),
        },
      });
      const knownHosts = await fixture.folder.write(
        'known',
        `@cert-authority *.example ${formatPublicKey(authority)}\n`,
        0o644,
      );
      const target: StockClientTarget = { host: '127.0.0.1', port: server.port, user: 'alice', knownHosts };
      const config = [`HostKeyAlias=${hostName}`, `IdentityFile=${user.stock.path}`, 'IdentityFile=none'];
      const good = await fixture.runClient(target, ['echo', 'in'], { config });
      assert.equal(good.stdout.toString(), 'in\n', `${type}: ${good.stderr} ${seen.join()}`);
      const other = await fixture.runClient({ ...target, user: 'bob' }, ['echo', 'in'], { config });
      assert.match(other.stderr, /Permission denied \(publickey\)/);
      assert.deepEqual([...new Set(seen)], [`id-${type} 3`, 'Certificate invalid: name is not a listed principal']);
      const elsewhere = await fixture.runClient(target, ['true'], {
        config: ['HostKeyAlias=other.example', ...config],
      });
      assert.match(elsewhere.stderr, /Host key verification failed|not a listed principal/);
      await server.close();
    }
  },
);

test('a command that a certificate of ours forces is what the stock ssh gets, and no terminal', stock, async () => {
  await using fixture = await OpensshFixture.create();
  const authority = generatePrivateKey();
  const rights = { forceCommand: 'echo forced', permissions: { pty: false } };
  const person = { kind: 'user', keyId: 'x', principals: ['alice'], rights, type: 'ed25519', name: 'forced' } as const;
  const user = await certify(fixture, authority, person);
  const hostKey = generatePrivateKey();
  await using server = await startServer({
    hostKeys: [hostKey],
    login: { userAuthorities: [formatPublicKey(authority)] },
  });
  const knownHosts = await fixture.folder.write(
    'known',
    `[127.0.0.1]:${server.port} ${formatPublicKey(hostKey)}\n`,
    0o644,
  );
  const target: StockClientTarget = { host: '127.0.0.1', port: server.port, user: 'alice', knownHosts };
  const config = [`IdentityFile=${user.stock.path}`, 'IdentityFile=none'];
  const { stdout, stderr } = await fixture.runClient(target, ['echo', 'asked'], { config });
  assert.equal(stdout.toString(), 'forced\n', stderr);
  const terminal = await fixture.runClient(target, ['true'], { config: ['RequestTTY=force', ...config] });
  assert.match(terminal.stderr, /PTY allocation request failed/);
});

test('connect() trusts the stock sshd by its certificate and logs in by ours, for every type', stock, async () => {
  await using fixture = await OpensshFixture.create();
  const authority = await fixture.key('rsa-2048', 'authority');
  const signer = await readPrivateKey(authority.path);
  const request = { kind: 'host', keyId: 'host', principals: ['127.0.0.1'], serial: 8 } as const;
  for (const type of keyTypes) {
    const host = await certify(fixture, signer, { ...request, type, name: `host-${type}` });
    const config = [
      `HostKey ${host.stock.path}`,
      `HostCertificate ${host.path}`,
      `TrustedUserCAKeys ${authority.path}.pub`,
      'AuthorizedKeysFile none',
    ];
    await using server = await fixture.startServer({ config, hostKeys: [] });
    const person = {
      kind: 'user',
      keyId: `id-${type}`,
      principals: [server.user],
      type,
      name: `user-${type}`,
    } as const;
    const user = await certify(fixture, signer, person);
    const { port } = server;
    const target: ConnectOptions = {
      ...{ host: server.host, port, user: server.user, agent: false, knownHosts: [] },
      ...{ hostAuthorities: [authority.publicLine], identities: [user.stock.path] },
    };
    await using client = await connect(target);
    assert.equal((await client.run('echo in')).stdout, 'in\n');
    assert.match(client.negotiated.hostKey, /-cert-v01@openssh\.com$/);
    await server.untilLog(
      new RegExp(`Accepted publickey for ${server.user} from .* ID id-${type} \\(serial 0\\) CA RSA`),
    );
    const revoked = createRevocationList({ certificates: [{ authority: authority.publicLine, serials: [8] }] });
    const revokedHostKeys = await fixture.folder.write('krl', revoked);
    await assert.rejects(connect({ ...target, revokedHostKeys }), { code: 'host-key-revoked' });
    await assert.rejects(connect({ ...target, hostAuthorities: [] }), { code: 'host-key-unknown' });
    await assert.rejects(
      connect({ ...target, revokedHostKeys: '/no/such/list' }),
      (error) => error instanceof KeyError,
    );
  }
});

test('the stock sshd refuses with a list of ours what it would let in without', stock, async () => {
  await using fixture = await OpensshFixture.create();
  const authority = await fixture.key('ed25519', 'authority');
  const signer = await readPrivateKey(authority.path);
  const list = await fixture.folder.write('revoked', createRevocationList({}), 0o644);
  await using server = await fixture.startServer({
    config: [`TrustedUserCAKeys ${authority.path}.pub`, `RevokedKeys ${list}`],
  });
  const person = {
    kind: 'user',
    keyId: 'x',
    principals: [server.user],
    serial: 77,
    type: 'ed25519',
    name: 'user',
  } as const;
  const user = await certify(fixture, signer, person);
  const { host, port, knownHosts } = server;
  const target = { host, port, user: server.user, knownHosts, agent: false, identities: [user.stock.path] } as const;
  await (await connect(target)).end();
  const content = { certificates: [{ authority: authority.publicLine, serials: [{ from: 70, to: 80 }] }] };
  await fixture.folder.write('revoked', createRevocationList(content), 0o644);
  await assert.rejects(connect(target), { code: 'authentication-failed' });
  await server.untilLog(/revoked by file/);
});
