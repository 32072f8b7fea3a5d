import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import type { Certificate, CertificateContent } from '@sallyport/protocol/keys/certificate';
import { AgentFixture } from '@sallyport/testing/agent-fixture';
import { certify } from '@sallyport/testing/certify';
import { keyError } from '@sallyport/testing/key-error';
import { skipUnless } from '@sallyport/testing/peers';
import { runProgram } from '@sallyport/testing/program';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { AgentClient } from '../agent/agent-client.ts';
import type { CertificateRequest, CertificateUse, Identity } from '../keys.ts';
import {
  agentIdentities,
  checkCertificate,
  createCertificate,
  createRevocationList,
  formatPublicKey,
  generatePrivateKey,
  parsePublicKey,
  parseRevocationList,
} from '../keys.ts';

const crypto = createCryptoProvider();
const authority = generatePrivateKey();
const key = generatePrivateKey();
const seconds = Date.UTC(2030, 0, 1) / 1000;

function user(changes: Partial<CertificateRequest> = {}): Promise<Certificate> {
  return createCertificate(authority, {
    kind: 'user',
    key,
    keyId: 'alice@example.com',
    principals: ['alice', 'deploy'],
    serial: 7,
    validAfter: seconds - 100,
    validBefore: new Date(seconds * 1000),
    ...changes,
  });
}

const use: CertificateUse = {
  kind: 'user',
  principal: 'alice',
  authorities: [formatPublicKey(authority)],
  at: seconds - 50,
};

const refused = (reason: RegExp): ((error: unknown) => boolean) => keyError('certificate-refused', reason);

test('a user certificate says what it was made with and gives usual rights', async () => {
  const certificate = await user();
  assert.deepEqual(
    [certificate.type, certificate.serial, certificate.keyId, certificate.principals],
    ['ssh-ed25519-cert-v01@openssh.com', 7n, 'alice@example.com', ['alice', 'deploy']],
  );
  assert.deepEqual([certificate.validAfter, certificate.validBefore], [BigInt(seconds - 100), BigInt(seconds)]);
  assert.deepEqual(checkCertificate(certificate, use), {
    forceCommand: undefined,
    sourceAddresses: undefined,
    permissions: { agentForwarding: true, portForwarding: true, x11Forwarding: true, pty: true, userRc: true },
    touchRequired: true,
    verifyRequired: false,
  });
  const { key: back } = parsePublicKey(formatPublicKey(certificate, { comment: 'me' }));
  assert.deepEqual(back, certificate);
});

test('rights go into a certificate and come out of it', async () => {
  const rights = {
    forceCommand: '/usr/bin/backup --all',
    sourceAddresses: ['10.0.0.0/8', '2001:db8::/32'],
    permissions: { agentForwarding: false, portForwarding: false, x11Forwarding: false, pty: false, userRc: false },
    touchRequired: false,
    verifyRequired: true,
  };
  const certificate = await user({ rights, extensions: { 'login@example.com': 'alice' } });
  assert.deepEqual(checkCertificate(certificate, { ...use, address: '10.9.8.7' }), rights);
  assert.deepEqual(checkCertificate(certificate, { ...use, address: '::ffff:10.9.8.7' }), rights);
  assert.ok(certificate.extensions.some(({ name }) => name === 'login@example.com'));
});

test('a certificate that does not hold is refused with the reason (PROTOCOL.certkeys)', async () => {
  const certificate = await user();
  const check =
    (changes: Partial<CertificateUse>, of = certificate) =>
    (): unknown =>
      checkCertificate(of, { ...use, ...changes });
  assert.throws(check({ at: seconds }), refused(/expired/));
  assert.throws(check({ at: new Date((seconds - 101) * 1000) }), refused(/not yet valid/));
  for (const principal of ['Alice', 'root', '', 'alic', [], ['root', '']]) {
    assert.throws(check({ principal }), refused(/not a listed principal/));
  }
  assert.doesNotThrow(check({ principal: ['root', 'deploy'] }));
  assert.throws(check({ authorities: [] }), refused(/not trusted/));
  assert.throws(check({ authorities: [key, generatePrivateKey()] }), refused(/not trusted/));
  const file = `${formatPublicKey(key)}\n${formatPublicKey(authority)}\n`;
  assert.throws(check({ authorities: [file] }), keyError('key-malformed', /more than one line/));
  assert.throws(check({ kind: 'host' }), refused(/not a host certificate/));
  const own = await user({ rights: { sourceAddresses: ['192.0.2.0/24'] } });
  for (const address of [undefined, '192.0.3.1', '::1', 'no address']) {
    assert.throws(check({ address }, own), refused(/not for use from this address/));
  }
  assert.doesNotThrow(check({ address: '192.0.2.9' }, own));
  const last = certificate.blob.length - 1;
  const forged = parsePublicKey(
    formatPublicKey({ ...certificate, blob: certificate.blob.map((byte, at) => (at === last ? byte ^ 1 : byte)) }),
  );
  assert.throws(check({}, forged.key as Certificate), refused(/incorrect signature/));
});

test('a revoked serial number, key or authority refuses the certificate', async () => {
  const certificate = await user();
  const lists = [
    createRevocationList({ keys: [certificate] }),
    createRevocationList({ keys: [key] }),
    createRevocationList({ keys: [authority.publicKey] }),
    createRevocationList({ certificates: [{ authority, serials: [{ from: 5, to: 9n }] }] }),
    createRevocationList({ certificates: [{ keyIds: ['alice@example.com'] }] }),
    formatPublicKey(key),
  ];
  for (const list of lists) {
    const revoked = parseRevocationList(list);
    assert.throws(() => checkCertificate(certificate, { ...use, revoked }), refused(/revoked/));
  }
  const others = parseRevocationList(createRevocationList({ certificates: [{ authority, serials: [8, 6] }] }));
  assert.doesNotThrow(() => checkCertificate(certificate, { ...use, revoked: others }));
});

/** What only the protocol package can make. */
async function odd(changes: Partial<CertificateContent>): Promise<Certificate> {
  const { type: _, ...content } = await user();
  return await certify(crypto, { key: content.key, authority }, { ...content, ...changes });
}

test('an unknown critical option refuses, an unknown extension does not, and no principals are nobody', async () => {
  const option = { name: 'only-on-sundays', data: new Uint8Array(0) };
  const critical = await odd({ criticalOptions: [option] });
  assert.throws(() => checkCertificate(critical, use), refused(/"only-on-sundays" is not supported/));
  const extension = await odd({ extensions: [option] });
  assert.equal(checkCertificate(extension, use).permissions.pty, false);
  const nobody = await odd({ principals: [] });
  assert.throws(() => checkCertificate(nobody, use), refused(/lacks principal list/));
});

test('a host certificate holds for names in any case and for patterns', async () => {
  const certificate = await createCertificate(authority, {
    kind: 'host',
    key,
    keyId: 'web',
    principals: ['*.example.com'],
    validBefore: Number.POSITIVE_INFINITY,
  });
  const host = { ...use, kind: 'host', principal: 'Web1.Example.com' } as const;
  assert.doesNotThrow(() => checkCertificate(certificate, { ...host, at: new Date() }));
  assert.throws(
    () => checkCertificate(certificate, { ...host, principal: 'example.org' }),
    refused(/not a listed principal/),
  );
  assert.throws(() => checkCertificate(certificate, { ...host, kind: 'user' }), refused(/not a user certificate/));
});

test('a request that makes no sense makes no certificate', async () => {
  const wrong: readonly Partial<CertificateRequest>[] = [
    { principals: [] },
    { principals: ['alice', ''] },
    { principals: ['a\0b'] },
    { keyId: 'a\0b' },
    { principals: Array.from({ length: 257 }, (_, at) => `p${at}`) },
    { validBefore: seconds - 100 },
    { validBefore: Number.NaN },
    { validBefore: new Date('no date') },
    { validAfter: -1 },
    { serial: 1.5 },
    { serial: -1 },
    { serial: 2n ** 64n },
    { kind: 'host', rights: {} },
    { rights: { forceCommand: '' } },
    { rights: { sourceAddresses: [] } },
    { rights: { sourceAddresses: ['10.0.0.1/8'] } },
    { rights: { sourceAddresses: ['example.com'] } },
  ];
  for (const changes of wrong) {
    await assert.rejects(user(changes), (error) => error instanceof TypeError || error instanceof RangeError);
  }
});

test('an authority that signs wrongly or not at all gives no certificate', async () => {
  const by = (sign: Identity['sign']): Identity => ({ publicKey: authority.publicKey.blob, comment: '', sign });
  const request = { kind: 'user', key, keyId: 'x', principals: ['x'], validBefore: seconds } as const;
  const silent = createCertificate(
    by(() => undefined),
    request,
  );
  await assert.rejects(silent, keyError('signing-refused'));
  const stranger = createCertificate(
    by((name, data) => key.sign(crypto, name, data)),
    request,
  );
  await assert.rejects(stranger, keyError('signing-refused', /wrong/));
  const good = await createCertificate(
    by((name, data) => authority.sign(crypto, name, data)),
    request,
  );
  assert.equal(good.keyId, 'x');
});

test(
  'a key in an agent is an authority, and stock ssh-keygen shows what it signed',
  skipUnless('openssh-client'),
  async () => {
    await using agent = await AgentFixture.start();
    await using folder = await TemporaryFolder.create();
    assert.ok(await new AgentClient(agent.path).add(authority));
    const [identity] = await agentIdentities(agent.path);
    assert.ok(identity);
    const certificate = await createCertificate(identity, {
      kind: 'user',
      key,
      keyId: 'an id',
      principals: ['alice'],
      serial: 12n,
      validAfter: Date.UTC(2026, 0, 1) / 1000,
      validBefore: Date.UTC(2027, 0, 1) / 1000,
      rights: { forceCommand: 'id', sourceAddresses: ['192.0.2.1'], permissions: { pty: false } },
    });
    const path = await folder.write('key-cert.pub', `${formatPublicKey(certificate)}\n`);
    const { stdout } = await runProgram('ssh-keygen', ['-L', '-f', path], { env: { TZ: 'UTC' } });
    for (const text of [
      'Type: ssh-ed25519-cert-v01@openssh.com user certificate',
      'Key ID: "an id"',
      'Serial: 12',
      'Valid: from 2026-01-01T00:00:00 to 2027-01-01T00:00:00',
      'force-command id',
      'source-address 192.0.2.1',
      'permit-port-forwarding',
    ]) {
      assert.ok(stdout.toString().includes(text), text);
    }
    assert.ok(!stdout.toString().includes('permit-pty'));
  },
);
