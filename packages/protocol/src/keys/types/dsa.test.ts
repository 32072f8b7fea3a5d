import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certify, contentFor } from '@sallyport/testing/certify';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { samplePassphrase, signedDataBase64 } from '@sallyport/testing/key-samples';
import { samplePrivateKey } from '@sallyport/testing/sample-private-key';
import { encodeAddIdentity, readIdentityKey } from '../../agent/identity-key.ts';
import {
  certificateNameOf,
  certificateSignatureAlgorithms,
  signatureAlgorithms,
  signatureAlgorithmsOf,
} from '../../algorithms/signatures.ts';
import { queryNames } from '../../config/own-algorithms.ts';
import { base64Decode } from '../../wire/base64.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { buildCertificate, decodeAnyKey, decodeCertificate } from '../certificate.ts';
import { readDsaPrivate, writeDsaPrivate } from '../formats/asn1-dsa.ts';
import { addPadding } from '../formats/block-padding.ts';
import { copyParts, wipeParts } from '../formats/copy-parts.ts';
import { encodePem } from '../formats/pem-private.ts';
import { decodePrivateKeyFile } from '../formats/private-key-file.ts';
import { formatPublicLine, parsePublicLine } from '../formats/public-line.ts';
import { ssh2PrivateKey } from '../formats/ssh2-private.ts';
import { PrivateKey } from '../private-key.ts';
import { decodePublicKey, keyTypeLabel, verifySignature } from '../public-key.ts';
import { signDigest } from '../sshsig.ts';
import { dsa, dsaPublicNumber, isDsaConsistent } from './dsa.ts';
import type { DsaPrivateParts } from './dsa-parts.ts';
import { isForConversion, plainTypeOf, usableKeyTypeOfName } from './table.ts';

const crypto = createCryptoProvider();
const nothing = new Uint8Array(0);
const passphrase = utf8Encode(samplePassphrase);
const { key: publicKey } = parsePublicLine(dsaSample.publicLine);
const plainLine = formatPublicLine(publicKey);

function open(text: string, secret: Uint8Array = nothing): PrivateKey {
  const key = decodePrivateKeyFile(utf8Encode(text)).open(crypto, secret);
  assert.ok(key);
  return key;
}

function sampleParts(): DsaPrivateParts {
  const parts = copyParts(open(dsaSample.privateFile));
  assert.ok(parts?.kind === 'dsa');
  return parts;
}

test('a DSA key is the same in every form of a file that stock programs wrote (RFC 4253 section 6.6)', () => {
  for (const text of [dsaSample.privateFile, dsaSample.pem, dsaSample.pkcs8, dsaSample.ppk]) {
    assert.equal(formatPublicLine(open(text).publicKey), plainLine);
  }
  for (const text of [dsaSample.encryptedFile, dsaSample.encryptedPem]) {
    assert.equal(formatPublicLine(open(text, passphrase).publicKey), plainLine);
  }
  const ssh2 = ssh2PrivateKey.decode(utf8Encode(dsaSample.ssh2)).open(crypto, nothing);
  assert.equal(ssh2 && formatPublicLine(ssh2.publicKey), plainLine);
  assert.equal(publicKey.bits, dsaSample.bits);
  assert.equal(keyTypeLabel(publicKey.type), 'DSA');
});

test('PEM and PKCS#8 of a DSA key are written byte by byte as the stock program writes them', () => {
  const key = open(dsaSample.privateFile);
  assert.equal(encodePem(crypto, key, { variant: 'PEM' }), dsaSample.pem);
  assert.equal(encodePem(crypto, key, { variant: 'PKCS8' }), dsaSample.pkcs8);
  const sealed = encodePem(crypto, key, { variant: 'PKCS8', passphrase });
  assert.equal(formatPublicLine(open(sealed ?? '', passphrase).publicKey), plainLine);
});

test('nothing signs with a DSA key, and no DSA signature is right, whatever algorithm is named', async () => {
  const key = open(dsaSample.privateFile);
  const data = base64Decode(signedDataBase64);
  const reader = new Reader(base64Decode(dsaSample.signature));
  assert.equal(reader.text(), 'ssh-dss');
  const rest = reader.rest();
  const names = [...signatureAlgorithms, ...certificateSignatureAlgorithms].map(({ name }) => name);
  for (const algorithm of ['ssh-dss', certificateNameOf('ssh-dss'), ...names]) {
    assert.throws(() => key.sign(crypto, algorithm, data), RangeError, algorithm);
    const signature = new Writer().string(algorithm).raw(rest).bytes();
    assert.equal(verifySignature(crypto, { key: publicKey, data, signature }), false);
    assert.equal(verifySignature(crypto, { key: publicKey, algorithm, data, signature }), false);
  }
  assert.deepEqual(signatureAlgorithmsOf('ssh-dss'), []);
  assert.throws(() => dsa.readSignature(new Reader(rest), dsa.publicPartsOf(sampleParts())), DecodeError);
  assert.throws(() => dsa.writeSignature(new Writer(), nothing), DecodeError);
  const signer = { publicKey, sign: () => base64Decode(dsaSample.signature) };
  await assert.rejects(signDigest({ signer, namespace: 'x', hash: 'sha512', digest: nothing }), RangeError);
});

test('no query of algorithms names DSA', () => {
  for (const query of queryNames('help') ?? []) {
    for (const name of queryNames(query) ?? []) assert.doesNotMatch(name, /dss|^dsa/, query);
  }
});

test('there are no certificates of DSA keys and none by them', async () => {
  const authority = samplePrivateKey(crypto, 'ed25519');
  await assert.rejects(certify(crypto, { key: publicKey, authority }), RangeError);
  const byDsa = { publicKey, sign: () => base64Decode(dsaSample.signature) };
  const content = contentFor(authority.publicKey);
  await assert.rejects(buildCertificate(crypto, content, { signer: byDsa }), RangeError);
  const named = { signer: byDsa, algorithm: 'ssh-dss' };
  await assert.rejects(buildCertificate(crypto, content, named), DecodeError);
  assert.equal(plainTypeOf(certificateNameOf('ssh-dss')), undefined);
  const certificate = await certify(crypto, { key: authority.publicKey, authority });
  const relabelled = new Writer().string(certificateNameOf('ssh-dss')).raw(certificate.blob.subarray(36)).bytes();
  assert.throws(() => decodeCertificate(relabelled), DecodeError);
  assert.throws(() => decodeAnyKey(relabelled), DecodeError);
});

test('no agent is given a DSA key, and ours takes none', () => {
  const key = open(dsaSample.privateFile);
  assert.throws(() => encodeAddIdentity(key), RangeError);
  const writer = new Writer();
  key.writeTo(writer);
  assert.throws(() => readIdentityKey(new Reader(writer.string('comment').bytes()), crypto), DecodeError);
  assert.throws(() => key.writeCertifiedTo(new Writer()), DecodeError);
  assert.throws(() => dsa.readCertifiedPrivate(new Reader(nothing), sampleParts()), DecodeError);
  assert.equal(isForConversion('ssh-dss'), true);
  assert.equal(isForConversion('ssh-ed25519'), false);
  assert.equal(usableKeyTypeOfName('ssh-dss'), undefined);
});

test('DSA numbers of refused sizes or out of their ranges make no public key', () => {
  const blob = (numbers: readonly bigint[]): Uint8Array => {
    const writer = new Writer().string('ssh-dss');
    for (const number of numbers) writer.mpint(number);
    return writer.bytes();
  };
  const ones = (bits: bigint): bigint => (1n << bits) - 1n;
  assert.equal(decodePublicKey(blob([ones(512n), ones(160n), 2n, 2n])).bits, 512);
  assert.equal(decodePublicKey(blob([ones(8192n), ones(512n), 2n, ones(8192n) - 1n])).bits, 8192);
  for (const numbers of [
    [ones(511n), ones(160n), 2n, 2n],
    [ones(8193n), ones(160n), 2n, 2n],
    [ones(1024n) - 1n, ones(160n), 2n, 2n],
    [ones(1024n), ones(159n), 2n, 2n],
    [ones(1024n), ones(513n), 2n, 2n],
    [ones(1024n), ones(160n) - 1n, 2n, 2n],
    [ones(1024n), ones(160n), 1n, 2n],
    [ones(1024n), ones(160n), 2n, 1n],
    [ones(1024n), ones(160n), 0n, 0n],
    [ones(1024n), ones(160n), ones(1024n), 2n],
    [ones(1024n), ones(160n), 2n, ones(1024n)],
    [ones(1024n), ones(160n), 2n, ones(60_000n)],
  ]) {
    assert.throws(() => decodePublicKey(blob(numbers)), DecodeError);
  }
});

test('DSA numbers that do not belong together are refused', () => {
  const parts = sampleParts();
  assert.equal(isDsaConsistent(crypto, parts), true);
  assert.deepEqual(dsaPublicNumber(crypto, parts), parts.y);
  for (const name of ['p', 'q', 'g', 'y', 'x'] as const) {
    const changed = parts[name].slice();
    changed[changed.length - 2] = (changed.at(-2) as number) ^ 1;
    assert.equal(isDsaConsistent(crypto, { ...parts, [name]: changed }), false, name);
  }
  for (const x of [nothing, Uint8Array.of(0), parts.q]) {
    assert.equal(isDsaConsistent(crypto, { ...parts, x }), false);
  }
  assert.throws(() => dsaPublicNumber(crypto, { ...parts, x: parts.p }), DecodeError);
  assert.throws(() => dsaPublicNumber(crypto, { ...parts, g: new Uint8Array(5000).fill(3) }), DecodeError);
  assert.throws(() => dsaPublicNumber(crypto, { ...parts, p: new Uint8Array(5000).fill(3) }), DecodeError);
});

test('a DSA key file with a byte changed or cut off is an error or a key that is whole', () => {
  const der = writeDsaPrivate(sampleParts());
  assert.deepEqual(readDsaPrivate(der), sampleParts());
  const armored = (bytes: Uint8Array): Uint8Array =>
    utf8Encode(
      `-----BEGIN DSA PRIVATE KEY-----\n${Buffer.from(bytes).toString('base64')}\n-----END DSA PRIVATE KEY-----\n`,
    );
  for (let at = 0; at < der.length; at++) {
    const changed = der.slice();
    changed[at] = (changed[at] as number) ^ 0x10;
    for (const bytes of [changed, der.slice(0, at), addPadding(der, 16)]) {
      assert.throws(() => decodePrivateKeyFile(armored(bytes)).open(crypto, nothing), DecodeError, `${at}`);
    }
  }
});

test('a wiped DSA key has forgotten its numbers', () => {
  const key = open(dsaSample.privateFile);
  assert.equal(key.isConsistent(crypto), true);
  key.wipe();
  assert.equal(key.isConsistent(crypto), false);
  assert.throws(() => copyParts(key), /wiped/);
  const parts = sampleParts();
  wipeParts(parts);
  assert.ok(parts.x.every((byte) => byte === 0));
  assert.ok(new PrivateKey(sampleParts()).isConsistent(crypto));
});
