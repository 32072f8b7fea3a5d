import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certify, signerWith } from '@sallyport/testing/certify';
import { mldsa44Ed25519Sample as sample } from '@sallyport/testing/mldsa44-ed25519-sample';
import { encodeAddIdentity, readIdentityKey } from '../../agent/identity-key.ts';
import {
  certificateNameOf,
  defaultCertificateAlgorithms,
  defaultSignatureAlgorithms,
  signatureAlgorithmsOf,
} from '../../algorithms/signatures.ts';
import { usableAlgorithms } from '../../config/algorithm-list.ts';
import { ownAlgorithms, queryNames } from '../../config/own-algorithms.ts';
import { base64Decode } from '../../wire/base64.ts';
import { concatBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { decodeCertificate, verifyCertificateSignature } from '../certificate.ts';
import { fingerprint } from '../fingerprint.ts';
import { encodePpk } from '../formats/encode-ppk.ts';
import { encodeOpensshKeyV1 } from '../formats/openssh-key-v1.ts';
import { encodePem } from '../formats/pem-private.ts';
import { decodePrivateKeyFile } from '../formats/private-key-file.ts';
import { encodePublicFile } from '../formats/public-files.ts';
import { formatPublicLine, parsePublicLine } from '../formats/public-line.ts';
import type { PrivateKey } from '../private-key.ts';
import { keyTypeLabel, verifySignature } from '../public-key.ts';
import { randomart } from '../randomart.ts';
import { decodeSshsig, signDigest } from '../sshsig.ts';
import { mldsa44Ed25519 } from './mldsa44-ed25519.ts';

const crypto = createCryptoProvider();
const nothing = new Uint8Array(0);
const data = utf8Encode('some data');
const name = 'ssh-mldsa44-ed25519@openssh.com';
const certificateName = 'ssh-mldsa44-ed25519-cert-v01@openssh.com';
const { key: publicKey } = parsePublicLine(sample.publicLine);

function openSample(): PrivateKey {
  const key = decodePrivateKeyFile(utf8Encode(sample.privateFile)).open(crypto, nothing);
  assert.ok(key);
  return key;
}

const key = openSample();

test('a key is read as OpenSSH 10.5 writes it, and written so but for the random check number', () => {
  assert.equal(formatPublicLine(key.publicKey, key.comment), sample.publicLine);
  assert.equal(encodeOpensshKeyV1(crypto, key).length, sample.privateFile.length);
  const check = Uint8Array.of(0x5c, 0x80, 0x7d, 0x3a);
  const fixed = { ...crypto, random: (target: Uint8Array) => (target.length === 4 ? check : crypto.random(target)) };
  assert.equal(encodeOpensshKeyV1(fixed, key), sample.privateFile);
  assert.equal(publicKey.bits, sample.bits);
  assert.equal(keyTypeLabel(name), 'MLDSA44-ED25519');
  assert.equal(keyTypeLabel(certificateName), 'MLDSA44-ED25519-CERT');
  assert.equal(fingerprint(crypto, publicKey), sample.sha256);
  assert.match(randomart(crypto, publicKey)[0] ?? '', /^\+\[MLDSA44-ED25519\]\+$/);
});

test('what a key signs, its public half verifies, under one name and with one length', () => {
  const signature = key.sign(crypto, name, data);
  const reader = new Reader(signature);
  assert.equal(reader.text(), name);
  assert.equal(reader.string().length, 2420 + 64);
  reader.end();
  assert.equal(verifySignature(crypto, { key: publicKey, data, signature }), true);
  assert.equal(verifySignature(crypto, { key: publicKey, algorithm: name, data, signature }), true);
  assert.equal(verifySignature(crypto, { key: publicKey, algorithm: 'ssh-ed25519', data, signature }), false);
  assert.equal(verifySignature(crypto, { key: publicKey, data: signature, signature }), false);
  for (const other of ['ssh-ed25519', certificateName, 'rsa-sha2-512']) {
    assert.throws(() => key.sign(crypto, other, data), RangeError);
  }
});

test('truncated and changed signatures are false, never an exception', () => {
  const signature = key.sign(crypto, name, data);
  const accepted = (changed: Uint8Array): boolean =>
    verifySignature(crypto, { key: publicKey, data, signature: changed });
  for (let length = 0; length < signature.length; length++) {
    assert.equal(accepted(signature.subarray(0, length)), false);
  }
  // The whole head, then every eleventh byte of the lattice half, then all of the other half.
  const tail = signature.length - 64;
  for (let at = 0; at < signature.length; at += at < 48 || at >= tail ? 1 : at + 11 > tail ? tail - at : 11) {
    const changed = signature.slice();
    changed[at] = (changed[at] as number) ^ 0x40;
    assert.equal(accepted(changed), false, `byte ${at}`);
  }
  assert.equal(accepted(concatBytes(signature, Uint8Array.of(0))), false);
});

test('fields of other lengths are refused before anything is computed', () => {
  for (const length of [0, 1312, 1343, 1345, 4096]) {
    const reader = new Reader(new Writer().string(new Uint8Array(length)).bytes());
    assert.throws(() => mldsa44Ed25519.readPublic(reader), DecodeError);
  }
  for (const length of [0, 32, 63, 65, 2560]) {
    const fields = new Writer().string(new Uint8Array(1344)).string(new Uint8Array(length)).bytes();
    assert.throws(() => mldsa44Ed25519.readPrivate(new Reader(fields)), DecodeError);
  }
  const signature = new Writer().string(new Uint8Array(2420)).bytes();
  const parts = { kind: 'mldsa44-ed25519', publicKey: nothing } as const;
  assert.throws(() => mldsa44Ed25519.readSignature(new Reader(signature), parts), DecodeError);
});

test('the algorithm is known everywhere and in no default, and a list turns it on', () => {
  assert.deepEqual(
    [...defaultSignatureAlgorithms, ...defaultCertificateAlgorithms].filter((each) => each.includes('mldsa')),
    [],
  );
  assert.deepEqual(
    signatureAlgorithmsOf(name).map((row) => row.name),
    [name],
  );
  for (const query of ['key', 'key-sig', 'key-ca-sign', 'sig']) {
    assert.ok(queryNames(query)?.includes(name), query);
  }
  assert.equal(queryNames('key-plain')?.includes(name), false);
  for (const query of ['key', 'key-cert', 'key-sig']) assert.ok(queryNames(query)?.includes(certificateName), query);
  for (const role of ['client', 'server'] as const) {
    const { signatures, caSignatures } = ownAlgorithms(role);
    for (const list of [signatures, caSignatures]) {
      assert.equal(list.defaults.includes(name), false);
      assert.ok(usableAlgorithms(`+${name}`, list).includes(name));
      assert.deepEqual(usableAlgorithms(name, list), [name]);
    }
  }
});

test('there are certificates of such keys and by them (PROTOCOL.certkeys)', async () => {
  const certificate = await certify(crypto, { key: publicKey, authority: key });
  assert.equal(certificate.type, certificateName);
  assert.equal(certificateNameOf(name), certificateName);
  assert.equal(certificate.signatureAlgorithm, name);
  assert.equal(verifyCertificateSignature(crypto, certificate), true);
  assert.equal(verifyCertificateSignature(crypto, certificate, { allowedAlgorithms: [name] }), true);
  const usual = { allowedAlgorithms: defaultSignatureAlgorithms };
  assert.equal(verifyCertificateSignature(crypto, certificate, usual), false);
  for (let length = 0; length < certificate.blob.length; length += 5) {
    assert.throws(() => decodeCertificate(certificate.blob.subarray(0, length)), DecodeError);
  }
  const changed = certificate.blob.slice();
  changed[100] = (changed[100] as number) ^ 1;
  assert.equal(verifyCertificateSignature(crypto, decodeCertificate(changed)), false);
});

test('an agent is given the key, alone and behind its certificate', async () => {
  const certificate = await certify(crypto, { key: publicKey, authority: key });
  for (const beside of [undefined, certificate]) {
    const message = encodeAddIdentity(key, { certificate: beside, comment: 'me' });
    const again = readIdentityKey(new Reader(message.subarray(1)), crypto);
    assert.deepEqual(again.key.publicKey.blob, publicKey.blob);
    assert.equal(again.certificate?.type, beside?.type);
    // Only the seeds stand behind a certificate.
    if (beside !== undefined) assert.equal(message.length, 1 + 4 + 40 + 4 + beside.blob.length + 4 + 64 + 4 + 2);
  }
});

test('files are signed with such a key (PROTOCOL.sshsig)', async () => {
  const signer = signerWith(crypto, key);
  const digest = crypto.digest('sha512', data);
  const blob = await signDigest({ signer, namespace: 'file', hash: 'sha512', digest });
  assert.deepEqual(decodeSshsig(blob).key.blob, publicKey.blob);
});

test('forms that have no place for such a key are not written', () => {
  for (const variant of ['PEM', 'PKCS8'] as const) {
    assert.equal(encodePem(crypto, key, { variant }), undefined);
    assert.equal(encodePublicFile(publicKey, variant), undefined);
  }
  assert.equal(encodePpk(crypto, key), undefined);
  assert.match(encodePublicFile(publicKey, 'RFC4716') ?? '', /^---- BEGIN SSH2 PUBLIC KEY ----\n/);
});

test('a wiped key has forgotten its seeds', () => {
  const other = openSample();
  other.sign(crypto, name, data);
  other.wipe();
  assert.equal(other.isConsistent(crypto), false);
  assert.throws(() => other.sign(crypto, name, data), /not usable/);
  assert.equal(base64Decode(sample.publicLine.split(' ')[1] ?? '').length, 4 + name.length + 4 + 1344);
});
