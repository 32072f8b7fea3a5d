import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reader } from '@sallyport/protocol/wire/reader';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keyError } from '@sallyport/testing/key-error';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { skipUnless } from '@sallyport/testing/peers';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { startTestServer } from '@sallyport/testing/test-server';
import { AgentClient } from '../agent/agent-client.ts';
import { connect } from '../index.ts';
import type { Certificate, CertificateRequest, Identity, PrivateKey } from '../keys.ts';
import { createCertificate, formatPrivateKey, formatPublicKey, generatePrivateKey, readPrivateKey } from '../keys.ts';
import { identitiesOf } from './identity.ts';

test('readPrivateKey opens a file with its passphrase and says why it does not', async () => {
  await using folder = await TemporaryFolder.create();
  const [sample] = keySamples;
  const path = await folder.write('key', sample?.encryptedFile ?? '');
  const key = await readPrivateKey(path, samplePassphrase);
  assert.equal(key.publicKey.type, 'ssh-ed25519');
  await assert.rejects(readPrivateKey(path), /needs a passphrase/);
  await assert.rejects(readPrivateKey(path, 'wrong'), /wrong passphrase/);
  const dsa = await folder.write('dsa', dsaSample.privateFile);
  await assert.rejects(readPrivateKey(dsa), /unsupported key type/);
});

const authority = generatePrivateKey();

async function certify(key: PrivateKey, changes: Partial<CertificateRequest> = {}): Promise<Certificate> {
  const request = { kind: 'user', key, keyId: 'x', principals: ['somebody'] } as const;
  return await createCertificate(authority, { ...request, validBefore: Number.POSITIVE_INFINITY, ...changes });
}

const typeOf = ({ publicKey }: Identity): string => new Reader(publicKey).text();

test('the certificate beside a key file comes behind its key, if it is one for users of that key', async () => {
  await using folder = await TemporaryFolder.create();
  const key = generatePrivateKey();
  const path = await folder.write('key', await formatPrivateKey(key), 0o600);
  const types = async (): Promise<string[]> => (await identitiesOf(path)).map(typeOf);
  assert.deepEqual(await types(), ['ssh-ed25519']);
  await folder.write('key-cert.pub', `${formatPublicKey(await certify(key))} comment\n`);
  assert.deepEqual(await types(), ['ssh-ed25519', 'ssh-ed25519-cert-v01@openssh.com']);
  const useless = [
    'rubbish',
    formatPublicKey(key),
    formatPublicKey(await certify(key, { kind: 'host' })),
    formatPublicKey(await certify(generatePrivateKey())),
  ];
  for (const text of useless) {
    await folder.write('key-cert.pub', text);
    assert.deepEqual(await types(), ['ssh-ed25519'], text);
  }
});

test('a certificate that is named comes first, and has to fit its key', async () => {
  await using folder = await TemporaryFolder.create();
  const key = generatePrivateKey({ type: 'rsa', bits: 2048 });
  const certificate = await certify(key);
  const file = await folder.write('any.pub', formatPublicKey(certificate));
  for (const named of [certificate, file]) {
    const identities = await identitiesOf({ key, certificate: named });
    assert.deepEqual(identities.map(typeOf), ['ssh-rsa-cert-v01@openssh.com', 'ssh-rsa']);
  }
  const foreign = identitiesOf({ key, certificate: await certify(generatePrivateKey()) });
  await assert.rejects(foreign, /TypeError: the certificate is for another key/);
  await assert.rejects(identitiesOf({ key, certificate: await certify(key, { kind: 'host' }) }), TypeError);
  const plain = await folder.write('plain.pub', formatPublicKey(key));
  await assert.rejects(identitiesOf({ key, certificate: plain }), TypeError);
  await assert.rejects(identitiesOf({ key, certificate: folder.file('none') }), keyError('local-failed'));
});

test('certificates log in from files, from memory and from an agent, RSA with SHA-2', async () => {
  await using folder = await TemporaryFolder.create();
  await using server = await startTestServer({ login: { userAuthorities: [formatPublicKey(authority)] } });
  const key = generatePrivateKey({ type: 'rsa', bits: 2048 });
  const certificate = await certify(key);
  const path = await folder.write('key', await formatPrivateKey(key), 0o600);
  await folder.write('key-cert.pub', formatPublicKey(certificate));
  for (const identities of [[path], [{ key, certificate }]]) {
    await (await connect({ ...server.target, identities })).end();
  }
  const denied = connect({ ...server.target, identities: [key] });
  await assert.rejects(denied, /tried none, publickey SHA256:\S+; /);
});

test('the certificates of an agent log in', skipUnless('openssh-client'), async () => {
  await using server = await startTestServer({ login: { userAuthorities: [formatPublicKey(authority)] } });
  await using agent = await AgentFixture.start();
  const key = generatePrivateKey({ type: 'ecdsa' });
  assert.ok(await new AgentClient(agent.path).add(key, { certificate: await certify(key) }));
  await (await connect({ ...server.target, agent: agent.path })).end();
});

test('an identity whose key is none is passed over', async () => {
  const key = generatePrivateKey();
  await using server = await startTestServer({ login: { publicKey: () => ({ allow: true }) } });
  const empty = { publicKey: new Uint8Array(3), comment: '', sign: () => undefined };
  await (await connect({ ...server.target, identities: [empty, key] })).end();
});
