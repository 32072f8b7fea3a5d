import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { certify, contentFor, signerWith } from '@sallyport/testing/certify';
import { keySamples } from '@sallyport/testing/key-samples';
import { signatureAlgorithmsOf } from '../algorithms/signatures.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import {
  buildCertificate,
  type Certificate,
  type CertificateContent,
  decodeAnyKey,
  decodeCertificate,
  endOfTime,
  isCertificate,
  isCertificateType,
  verifyCertificateSignature,
} from './certificate.ts';
import { checkCertificate, mergeKeyOptions } from './certificate-check.ts';
import { parseKeyOptions } from './formats/key-options.ts';
import { decodePrivateKeyFile } from './formats/private-key-file.ts';
import { parseAnyPublicLine, parsePublicLine } from './formats/public-line.ts';
import type { PrivateKey } from './private-key.ts';

const crypto = createCryptoProvider();
const now = Date.UTC(2026, 0, 1) / 1000;

function sample(name: string): Certificate {
  const { key } = parseAnyPublicLine(certificateSamples.find((row) => row.name === name)?.line ?? '');
  assert.ok(isCertificate(key));
  return key;
}

function privateSample(name: string): PrivateKey {
  const file = utf8Encode(keySamples.find((row) => row.name === name)?.privateFile ?? '');
  const key = decodePrivateKeyFile(file).open(crypto, new Uint8Array(0));
  assert.ok(key);
  return key;
}

const signer = privateSample('ed25519');
const content = contentFor(signer.publicKey);

function certificateWith(changes: Partial<CertificateContent>): Promise<Certificate> {
  return certify(crypto, { key: signer.publicKey, authority: signer }, changes);
}

const text = (value: string): Uint8Array => new Writer().string(value).bytes();

async function reasonOf(changes: Partial<CertificateContent>, use: { kind?: 'user' | 'host' } = {}): Promise<string> {
  const certificate = await certificateWith(changes);
  const kind = use.kind ?? certificate.kind;
  const verdict = checkCertificate(crypto, { certificate, kind, principal: 'alice', now });
  return verdict.ok ? 'ok' : verdict.reason;
}

test('certificates of the stock program are decoded field by field (PROTOCOL.certkeys)', () => {
  const certificate = sample('user-ecdsa256');
  assert.equal(certificate.kind, 'user');
  assert.equal(certificate.serial, endOfTime);
  assert.equal(certificate.keyId, 'all options');
  assert.deepEqual(certificate.principals, ['alice']);
  assert.equal(certificate.validBefore, endOfTime);
  assert.deepEqual(
    certificate.criticalOptions.map(({ name }) => name),
    ['force-command', 'source-address', 'verify-required', 'zz@example.com'],
  );
  assert.equal(certificate.authority.type, 'ecdsa-sha2-nistp384');
  assert.deepEqual(certificate.key, parsePublicLine(keySamples[1]?.publicLine ?? '').key);
  assert.equal(sample('host-ecdsa521').kind, 'host');
  assert.equal(sample('user-rsa256').signatureAlgorithm, 'rsa-sha2-256');
});

test('the signature of an authority is verified, but one over SHA-1 only where a list names that', () => {
  for (const { name } of certificateSamples) {
    assert.equal(verifyCertificateSignature(crypto, sample(name)), name !== 'user-rsasha1', name);
  }
  const certificate = sample('user-rsa256');
  const allowed = (...allowedAlgorithms: string[]): boolean =>
    verifyCertificateSignature(crypto, certificate, { allowedAlgorithms });
  assert.equal(allowed('rsa-sha2-256'), true);
  assert.equal(allowed('rsa-sha2-512', 'ssh-ed25519'), false);
  const old = sample('user-rsasha1');
  assert.equal(verifyCertificateSignature(crypto, old, { allowedAlgorithms: ['rsa-sha2-512', 'ssh-rsa'] }), true);
  assert.equal(verifyCertificateSignature(crypto, old, { allowedAlgorithms: ['rsa-sha2-512'] }), false);
});

test('every truncation of a certificate is an error, and no changed byte leaves it valid', () => {
  for (const { name } of certificateSamples.filter((row) => row.name !== 'user-rsasha1')) {
    const { blob } = sample(name);
    for (let length = 0; length < blob.length; length++) {
      assert.throws(() => decodeCertificate(blob.subarray(0, length)), DecodeError);
    }
    for (let at = 0; at < blob.length; at++) {
      const changed = blob.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      assert.equal(isValid(changed), false, `${name} byte ${at}`);
    }
  }
});

function isValid(blob: Uint8Array): boolean {
  try {
    return verifyCertificateSignature(crypto, decodeCertificate(blob));
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
    return false;
  }
}

test('bytes behind a certificate are refused', () => {
  const { blob } = sample('user-ed25519');
  assert.throws(() => decodeCertificate(Uint8Array.from([...blob, 0])), DecodeError);
});

test('a certificate is no authority, and a key not a certificate (PROTOCOL.certkeys)', async () => {
  const certificate = await certificateWith({});
  const publicKey = { ...signer.publicKey, blob: certificate.blob };
  const building = buildCertificate(crypto, content, { signer: { ...signerWith(crypto, signer), publicKey } });
  await assert.rejects(building, /invalid certificate signing key/);
  assert.throws(() => decodeCertificate(signer.publicKey.blob), DecodeError);
  assert.equal(isCertificate(decodeAnyKey(signer.publicKey.blob)), false);
  assert.deepEqual(decodeAnyKey(certificate.blob), certificate);
  assert.equal(isCertificateType('ssh-ed25519'), false);
  assert.equal(isCertificateType('ssh-rsa-cert-v01@openssh.com'), true);
});

test('a built certificate carries what was given, options in the order of their names', async () => {
  const options = ['b', 'a'].map((name) => ({ name, data: text(name) }));
  const changes = { serial: 5n, keyId: 'Zoë', principals: ['alice', 'bob\udcff'], extensions: options };
  const certificate = await certificateWith(changes);
  const { keyId, principals, serial, extensions } = certificate;
  assert.deepEqual({ keyId, principals, serial }, { keyId: 'Zoë', principals: ['alice', 'bob\udcff'], serial: 5n });
  assert.deepEqual(extensions, options.toReversed());
  assert.ok(verifyCertificateSignature(crypto, certificate));
  const again = await certificateWith(changes);
  assert.notDeepEqual(again.blob, certificate.blob, 'the nonce differs');
});

test('building refuses too many principals and the signature of another algorithm', async () => {
  const principals = Array.from({ length: 257 }, (_, index) => `p${index}`);
  await assert.rejects(certificateWith({ principals }), RangeError);
  const rsa = privateSample('rsa1024');
  const other = {
    publicKey: rsa.publicKey,
    sign: (_: string, data: Uint8Array) => rsa.sign(crypto, 'rsa-sha2-256', data),
  };
  await assert.rejects(buildCertificate(crypto, content, { signer: other }), /another algorithm/);
  const made = await buildCertificate(crypto, content, { signer: other, algorithm: 'rsa-sha2-256' });
  assert.equal(made.signatureAlgorithm, 'rsa-sha2-256');
});

test('a certificate holds for its kind, its time and its principals only', async () => {
  assert.equal(await reasonOf({}), 'ok');
  assert.equal(await reasonOf({}, { kind: 'host' }), 'Certificate invalid: not a host certificate');
  assert.equal(await reasonOf({ kind: 'host' }, { kind: 'user' }), 'Certificate invalid: not a user certificate');
  assert.equal(await reasonOf({ validAfter: BigInt(now + 1) }), 'Certificate invalid: not yet valid');
  assert.equal(await reasonOf({ validAfter: BigInt(now) }), 'ok');
  assert.equal(await reasonOf({ validBefore: BigInt(now) }), 'Certificate invalid: expired');
  assert.equal(await reasonOf({ validBefore: BigInt(now + 1) }), 'ok');
  assert.equal(await reasonOf({ validAfter: 10n, validBefore: 0n }), 'Certificate invalid: expired');
  assert.equal(await reasonOf({ principals: [] }), 'Certificate lacks principal list');
  assert.equal(await reasonOf({ principals: ['bob'] }), 'Certificate invalid: name is not a listed principal');
});

test('wildcard principals count in host certificates only', async () => {
  assert.equal(await reasonOf({ principals: ['al*'] }), 'Certificate invalid: name is not a listed principal');
  assert.equal(await reasonOf({ principals: ['al*'], kind: 'host' }), 'ok');
});

test('a signature that is wrong, or of an algorithm that is not allowed, refuses', async () => {
  const certificate = await certificateWith({});
  const check = (changes: Partial<Certificate>, authorityAlgorithms?: string[]): unknown =>
    checkCertificate(crypto, {
      certificate: { ...certificate, ...changes },
      kind: 'user',
      principal: undefined,
      now,
      authorityAlgorithms,
    });
  const wrong = { ok: false, reason: 'Certificate invalid: incorrect signature' };
  assert.deepEqual(check({ signedPart: new Uint8Array(3) }), wrong);
  assert.deepEqual(check({}, ['rsa-sha2-512']), {
    ok: false,
    reason: 'Certificate signed with disallowed algorithm',
  });
  assert.equal((check({}, ['ssh-ed25519']) as { ok: boolean }).ok, true);
});

test('unknown critical options refuse, unknown extensions do not, host certificates have no critical option', async () => {
  const unknown = [{ name: 'new', data: new Uint8Array(0) }];
  assert.equal(await reasonOf({ criticalOptions: unknown }), 'Certificate critical option "new" is not supported');
  assert.equal(await reasonOf({ extensions: unknown }), 'ok');
  const forced = [{ name: 'force-command', data: text('id') }];
  const reason = 'Certificate contains unsupported critical options';
  assert.equal(await reasonOf({ kind: 'host', criticalOptions: forced }), reason);
});

test('options of a user certificate are read, damaged or repeated ones refuse', async () => {
  const option = (name: string, data: Uint8Array): { criticalOptions: { name: string; data: Uint8Array }[] } => ({
    criticalOptions: [{ name, data }],
  });
  assert.match(await reasonOf(option('force-command', Uint8Array.of(1))), /corrupt/);
  assert.match(await reasonOf(option('verify-required', Uint8Array.of(1))), /corrupt/);
  for (const list of ['', '10.0.0.0/33', '10.0.0.1/8', 'host', '!10.0.0.0/8', '10.0.0.0/8,']) {
    const reason = 'Certificate source-address contents invalid';
    assert.equal(await reasonOf(option('source-address', text(list))), reason, list);
  }
  const twice = { name: 'force-command', data: text('id') };
  assert.match(await reasonOf({ criticalOptions: [twice, twice] }), /multiple force-command/);
  const sources = { name: 'source-address', data: text('10.0.0.0/8') };
  assert.match(await reasonOf({ criticalOptions: [sources, sources] }), /multiple source-address/);
  assert.match(await reasonOf({ extensions: [{ name: 'permit-pty', data: Uint8Array.of(0) }] }), /corrupt/);
});

test('what a certificate allows joins with its line by the strictest rule', () => {
  const use = { kind: 'user', principal: 'alice', now } as const;
  const verdict = checkCertificate(crypto, { certificate: sample('user-rsa512'), ...use });
  assert.ok(verdict.ok);
  assert.equal(verdict.options.command, 'id');
  assert.equal(verdict.options.permissions.pty, true);
  const merged = (line: string): ReturnType<typeof mergeKeyOptions> => {
    const options = parseKeyOptions(line);
    assert.ok(!('refusal' in options));
    return mergeKeyOptions(options, verdict.options);
  };
  const strict = merged('cert-authority,no-pty,from="10.*",verify-required');
  assert.ok(!('refusal' in strict));
  assert.deepEqual(
    [strict.permissions.pty, strict.permissions.userRc, strict.from, strict.command, strict.verifyRequired],
    [false, true, '10.*', 'id', true],
  );
  assert.deepEqual(merged('command="id"'), merged('command="id"'));
  assert.deepEqual(merged('command="other"'), { refusal: 'forced command options do not match' });
  const source = checkCertificate(crypto, { certificate: sample('user-rsa256'), ...use });
  assert.ok(source.ok);
  assert.equal(source.options.sourceAddress, '192.0.2.1/32');
  assert.equal(source.options.command, undefined);
});

test('a token need not be touched only when both the line and the certificate say so', async () => {
  const demands = async (line: string, extensions: CertificateContent['extensions']): Promise<boolean> => {
    const certificate = await certificateWith({ extensions });
    const verdict = checkCertificate(crypto, { certificate, kind: 'user', principal: 'alice', now });
    const options = parseKeyOptions(line);
    assert.ok(verdict.ok && !('refusal' in options));
    const merged = mergeKeyOptions(options, verdict.options);
    assert.ok(!('refusal' in merged));
    return merged.touchRequired;
  };
  const waived = [{ name: 'no-touch-required', data: new Uint8Array(0) }];
  assert.equal(await demands('cert-authority', []), true);
  assert.equal(await demands('cert-authority', waived), true);
  assert.equal(await demands('cert-authority,no-touch-required', []), true);
  assert.equal(await demands('cert-authority,no-touch-required', waived), false);
});

test('a certificate without extensions permits nothing of them', async () => {
  const verdict = checkCertificate(crypto, {
    certificate: await certificateWith({}),
    kind: 'user',
    principal: 'alice',
    now,
  });
  assert.ok(verdict.ok);
  const { tunnel, ...others } = verdict.options.permissions;
  assert.equal(tunnel, true);
  assert.deepEqual(new Set(Object.values(others)), new Set([false]));
  assert.equal(verdict.options.touchRequired, true);
});

test('a certificate has algorithms of its own that sign as the plain ones do', () => {
  const rows = signatureAlgorithmsOf('ssh-rsa-cert-v01@openssh.com');
  assert.deepEqual(
    rows.map(({ name, signatureName }) => [name, signatureName]),
    [
      ['rsa-sha2-512-cert-v01@openssh.com', 'rsa-sha2-512'],
      ['rsa-sha2-256-cert-v01@openssh.com', 'rsa-sha2-256'],
    ],
  );
  assert.throws(() => signer.sign(crypto, 'ssh-ed25519-cert-v01@openssh.com', new Uint8Array(1)), RangeError);
});
