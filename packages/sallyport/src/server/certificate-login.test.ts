import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { buildCertificate, type Certificate } from '@sallyport/protocol/keys/certificate';
import { serviceAccept, serviceRequest } from '@sallyport/protocol/messages/transport';
import {
  publicKeyFields,
  userauthFailure,
  userauthPublicKeyOk,
  userauthRequest,
  userauthSuccess,
} from '@sallyport/protocol/messages/userauth';
import { Writer } from '@sallyport/protocol/wire/writer';
import { keyError } from '@sallyport/testing/key-error';
import { LivePeer } from '@sallyport/testing/live-peer';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { startTestServer } from '@sallyport/testing/test-server';
import { memoryStreams } from '../driver/memory-stream.ts';
import type { Client, LoginPolicy, PrivateKey, ServerOptions, ServerSession } from '../index.ts';
import { connect, createServer, generatePrivateKey } from '../index.ts';
import type { CertificateRequest } from '../keys.ts';
import { createCertificate, createRevocationList, formatPublicKey, parseRevocationList } from '../keys.ts';

const crypto = createCryptoProvider();
const authority = generatePrivateKey();
const key = generatePrivateKey();
const user = 'somebody';
const hour = 3600;
const now = (): number => Date.now() / 1000;

function certify(changes: Partial<CertificateRequest> = {}, by: PrivateKey = authority): Promise<Certificate> {
  const request = { kind: 'user', key, keyId: 'id of somebody', principals: [user], serial: 5 } as const;
  return createCertificate(by, { ...request, validBefore: now() + hour, ...changes });
}

interface Setup extends AsyncDisposable {
  readonly reasons: string[];
  readonly errors: readonly unknown[];
  logIn(certificate: Certificate, own?: PrivateKey): Promise<Client>;
}

/** A server that trusts the authority; what it refused is in `reasons`. */
async function begin(login: LoginPolicy = {}, options: Partial<ServerOptions> = {}): Promise<Setup> {
  const reasons: string[] = [];
  const server = await startTestServer({
    login: {
      userAuthorities: [formatPublicKey(authority)],
      onCertificateRefused: (_, reason) => reasons.push(reason),
      ...login,
    },
    ...options,
  });
  // The certificate alone: what a plain key may do is another matter.
  const logIn = (certificate: Certificate, own = key): Promise<Client> =>
    connect(server.target, {
      identities: [
        {
          publicKey: certificate.blob,
          comment: '',
          sign: (algorithm: string, data: Uint8Array) => own.sign(crypto, algorithm, data),
        },
      ],
    });
  return { reasons, errors: server.errors, logIn, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const denied = { code: 'authentication-failed' };

test('a certificate of a trusted authority lets in, and tells sessions whose it is', async () => {
  const seen: ServerSession['peer'][] = [];
  const session: ServerOptions['session'] = ({ peer }) => {
    seen.push(peer);
    return 0;
  };
  await using setup = await begin({}, { session });
  const certificate = await certify();
  await using client = await setup.logIn(certificate);
  await client.run('anything');
  const [succeeded] = seen[0]?.login ?? [];
  assert.equal(succeeded?.method, 'publickey');
  assert.deepEqual(succeeded?.key, certificate.blob);
  assert.deepEqual(
    [succeeded?.certificate?.certificate.keyId, succeeded?.certificate?.certificate.serial],
    ['id of somebody', 5n],
  );
  assert.equal(succeeded?.certificate?.rights.permissions.pty, true);
});

test('a certificate that does not hold lets nobody in (PROTOCOL.certkeys)', async () => {
  await using setup = await begin();
  const none = { name: 'unheard-of', data: new Uint8Array(0) };
  const cases: readonly (readonly [Certificate, RegExp])[] = [
    [await certify({ validAfter: now() - hour, validBefore: now() - 1 }), /expired/],
    [await certify({ validAfter: now() + hour, validBefore: now() + 2 * hour }), /not yet valid/],
    [await certify({ principals: ['somebody-else'] }), /not a listed principal/],
    [await certify({ principals: ['*'] }), /not a listed principal/],
    [await certify({ kind: 'host' }), /not a user certificate/],
    [await certify({}, generatePrivateKey()), /not trusted/],
    // Signed by the user's own key.
    [await certify({}, key), /not trusted/],
    [await certify({ rights: { sourceAddresses: ['192.0.2.0/24'] } }), /not for use from this address/],
    [await odd({ criticalOptions: [none] }), /"unheard-of" is not supported/],
    [await odd({ criticalOptions: [{ name: 'verify-required', data: new Uint8Array(1) }] }), /corrupt/],
    [await odd({ principals: [] }), /lacks principal list/],
  ];
  for (const [certificate, reason] of cases) {
    setup.reasons.length = 0;
    await assert.rejects(setup.logIn(certificate), denied);
    assert.match(setup.reasons.join('\n'), reason);
  }
  assert.deepEqual(setup.errors, []);
});

/** What createCertificate() makes for nobody. */
async function odd(changes: Partial<Parameters<typeof buildCertificate>[1]>): Promise<Certificate> {
  const sign = (algorithm: string, data: Uint8Array): Uint8Array => authority.sign(crypto, algorithm, data);
  const signer = { publicKey: authority.publicKey, sign };
  return await buildCertificate(crypto, { ...(await certify()), ...changes }, { signer });
}

test('a certificate for the address where the client is lets in', async () => {
  await using setup = await begin();
  await (await setup.logIn(await certify({ rights: { sourceAddresses: ['192.0.2.0/24', '127.0.0.1'] } }))).end();
});

test('a certificate without the private key of it lets nobody in', async () => {
  await using setup = await begin();
  await assert.rejects(setup.logIn(await certify(), generatePrivateKey()), denied);
});

test('without authorities no certificate is taken, whatever the function for plain keys says', async () => {
  await using setup = await begin({ userAuthorities: [], publicKey: () => ({ allow: true }) });
  await assert.rejects(setup.logIn(await certify()), denied);
});

test('a certificate never comes to the function for plain keys, nor a plain key to that for certificates', async () => {
  const asked: string[] = [];
  await using server = await startTestServer({
    login: {
      userAuthorities: [formatPublicKey(authority)],
      publicKey: ({ keyType }) => {
        asked.push(keyType);
        return { allow: false };
      },
      certificate: ({ certificate, fingerprint, verified, remoteAddress }) => {
        asked.push(`${certificate.keyId} ${fingerprint.slice(0, 7)} ${verified} ${remoteAddress}`);
        return { allow: true, identity: 'staff' };
      },
    },
  });
  // An authority's own key is a plain key like any other.
  for (const plain of [key, authority]) {
    await assert.rejects(connect(server.target, { identities: [plain] }), denied);
  }
  assert.deepEqual(asked, ['ssh-ed25519', 'ssh-ed25519']);
  const certificate = await certify();
  // The certificate and its key: each is asked about before it signs.
  await (await connect(server.target, { identities: [{ key, certificate }] })).end();
  assert.deepEqual(asked.slice(2), ['id of somebody SHA256: false 127.0.0.1', 'id of somebody SHA256: true 127.0.0.1']);
});

test('principals may be others than the name of the user, and no names are nobody', async () => {
  const names: Readonly<Record<string, readonly string[]>> = { somebody: ['staff', 'ops'] };
  await using setup = await begin({ principals: (name) => names[name] ?? [] });
  await (await setup.logIn(await certify({ principals: ['ops'] }))).end();
  await assert.rejects(setup.logIn(await certify({ principals: [user] })), denied);
  await using nobody = await begin({ principals: () => [] });
  await assert.rejects(nobody.logIn(await certify({ principals: ['', user].slice(1) })), denied);
  await using broken = await begin({ principals: () => undefined as never });
  await assert.rejects(broken.logIn(await certify()), denied);
  assert.match(String(broken.errors[0]), /TypeError/);
});

test('revoked certificates, keys and authorities are refused, and a list that is not there refuses all', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('revoked');
  const publicKey: LoginPolicy['publicKey'] = () => ({ allow: true });
  await using setup = await begin({ revokedKeys: path });
  const certificate = await certify();
  await assert.rejects(setup.logIn(certificate), denied);
  assert.match(String(setup.errors[0]), /KeyError: .*ENOENT/);
  const other = createRevocationList({ certificates: [{ authority, serials: [4] }] });
  await folder.write('revoked', other);
  await (await setup.logIn(certificate)).end();
  for (const content of [{ certificates: [{ authority, serials: [5] }] }, { keys: [key] }, { keys: [authority] }]) {
    await folder.write('revoked', createRevocationList(content));
    await assert.rejects(setup.logIn(certificate), denied);
    assert.match(setup.reasons.at(-1) ?? '', /revoked/);
  }
  const revokedKeys = [parseRevocationList(other), parseRevocationList(formatPublicKey(key))];
  await using plain = await startTestServer({ login: { publicKey, revokedKeys } });
  await assert.rejects(connect(plain.target, { identities: [key] }), denied);
  await (await connect(plain.target, { identities: [generatePrivateKey()] })).end();
});

test('a forced command runs instead of what is asked for, and its session knows both', async () => {
  const programs: unknown[] = [];
  const session: ServerOptions['session'] = async ({ program, requested, stdout }) => {
    programs.push([program.kind === 'exec' && program.command, requested.kind]);
    await stdout.write('done');
    return 0;
  };
  await using setup = await begin({}, { session });
  await using client = await setup.logIn(await certify({ rights: { forceCommand: 'backup --all' } }));
  assert.equal((await client.run('rm -rf /')).stdout, 'done');
  await assert.rejects(client.sftp({ timeoutMs: 2000 }));
  assert.deepEqual(programs, [
    ['backup --all', 'exec'],
    ['backup --all', 'subsystem'],
  ]);
});

test('terminals and connections are refused where the certificate does not permit them', async () => {
  const dialed: number[] = [];
  const options: Partial<ServerOptions> = {
    dial: ({ port }) => {
      dialed.push(port);
      return false;
    },
  };
  await using setup = await begin({}, options);
  const permissions = { pty: false, portForwarding: false };
  await using client = await setup.logIn(await certify({ rights: { permissions } }));
  await assert.rejects(client.run('say x', { pty: true }), { code: 'request-refused' });
  await assert.rejects(client.dial('127.0.0.1', 9), { code: 'channel-refused' });
  assert.deepEqual(dialed, []);
  await using free = await setup.logIn(await certify());
  await free.run('say x', { pty: true });
  await assert.rejects(free.dial('127.0.0.1', 9), { code: 'channel-refused' });
  assert.deepEqual(dialed, [9]);
});

test('a certificate can be one of several methods that are needed', async () => {
  await using server = await startTestServer({
    login: {
      userAuthorities: [formatPublicKey(authority)],
      password: ({ password }) => ({ allow: password === 'word' }),
      required: [['publickey', 'password']],
    },
  });
  const identities = [{ key, certificate: await certify() }];
  await assert.rejects(connect(server.target, { identities }), denied);
  await (await connect(server.target, { identities, password: 'word' })).end();
});

test('options about certificates that cannot work are refused at once', () => {
  const hostKeys = [generatePrivateKey()];
  const line = formatPublicKey(authority);
  const make = (login: LoginPolicy) => (): unknown => createServer({ hostKeys, login });
  assert.throws(make({ userAuthorities: ['rubbish'] }), keyError('key-malformed'));
  assert.throws(make({ userAuthorities: [] }), TypeError);
  assert.throws(make({ password: () => ({ allow: true }), certificate: () => ({ allow: true }) }), TypeError);
  assert.throws(make({ password: () => ({ allow: true }), principals: () => [] }), TypeError);
  assert.doesNotThrow(make({ userAuthorities: [line] }));
});

/** A request as somebody would send it who means to be taken for another. */
function request(peer: LivePeer, blob: Uint8Array, algorithm: string): Uint8Array {
  const make = (signature: Uint8Array): Uint8Array =>
    userauthRequest.encode({
      ...{ user, service: 'ssh-connection', method: 'publickey' },
      fields: publicKeyFields.encode({ signed: true, algorithm, key: blob, signature }),
    });
  const data = new Writer()
    .string(peer.sessionId)
    .raw(make(new Uint8Array(0)))
    .bytes();
  return make(new Writer().string(key.sign(crypto, 'ssh-ed25519', data)).bytes());
}

test('a certificate under the name of a plain algorithm, and a key under that of certificates, are refused', async () => {
  const server = createServer({
    hostKeys: [generatePrivateKey()],
    login: { userAuthorities: [formatPublicKey(authority)], publicKey: () => ({ allow: true }) },
  });
  const [ours, theirs] = memoryStreams();
  void server.serve(theirs, '127.0.0.1');
  const peer = await new LivePeer(ours, { crypto, role: 'client' }).ready();
  peer.send(serviceRequest.encode({ service: 'ssh-userauth' }));
  await peer.expect(serviceAccept);
  const certificate = await certify();
  const { blob } = key.publicKey;
  for (const [presented, algorithm] of [
    [certificate.blob, 'ssh-ed25519'],
    [blob, certificate.type],
    [certificate.blob.slice(0, -1), certificate.type],
    [new Uint8Array([...certificate.blob, 0]), certificate.type],
  ] as const) {
    peer.send(request(peer, presented, algorithm));
    await peer.expect(userauthFailure);
  }
  const query = publicKeyFields.encode({
    ...{ signed: false, algorithm: certificate.type, key: certificate.blob, signature: new Uint8Array(0) },
  });
  peer.send(userauthRequest.encode({ user, service: 'ssh-connection', method: 'publickey', fields: query }));
  assert.deepEqual((await peer.expect(userauthPublicKeyOk)).key, certificate.blob);
  peer.send(request(peer, certificate.blob, certificate.type));
  await peer.expect(userauthSuccess);
  peer.close();
});
