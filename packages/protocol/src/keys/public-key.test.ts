import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples } from '@sallyport/testing/key-samples';
import { mldsa44Ed25519Sample } from '@sallyport/testing/mldsa44-ed25519-sample';
import { base64Decode, base64Encode } from '../wire/base64.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Writer } from '../wire/writer.ts';
import { decodePublicKey, keyTypeLabel, publicKeyOfParts } from './public-key.ts';
import { keyTypeOfName } from './types/table.ts';

const samples = [...keySamples, dsaSample, mldsa44Ed25519Sample];
const blobs = samples.map((sample) => base64Decode(sample.publicLine.split(' ')[1] ?? ''));

test('decodePublicKey reads what the stock ssh-keygen wrote (RFC 4253 section 6.6)', () => {
  for (const [index, sample] of samples.entries()) {
    const key = decodePublicKey(blobs[index] as Uint8Array);
    assert.equal(key.type, sample.publicLine.split(' ')[0]);
    assert.equal(key.bits, sample.bits);
    assert.equal(base64Encode(key.blob), sample.publicLine.split(' ')[1]);
  }
});

test('decodePublicKey keeps nothing of the bytes it was given', () => {
  const lent = (blobs[0] as Uint8Array).slice();
  const key = decodePublicKey(lent);
  lent.fill(0xff);
  assert.deepEqual(key.blob, blobs[0]);
  assert.ok(key.parts.kind === 'ed25519' && key.parts.publicKey.some((byte) => byte !== 0xff));
});

test('every truncation and one byte more of a public key is a DecodeError', () => {
  for (const blob of blobs) {
    for (let length = 0; length < blob.length; length++) {
      assert.throws(() => decodePublicKey(blob.subarray(0, length)), DecodeError);
    }
    assert.throws(() => decodePublicKey(new Writer().raw(blob).byte(0).bytes()), DecodeError);
  }
});

test('every single-byte change of a public key is a DecodeError or another key with exactly those bytes', () => {
  for (const blob of blobs) {
    for (let at = 0; at < blob.length; at++) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const changed = blob.slice();
        changed[at] = (changed[at] as number) ^ mask;
        try {
          const key = decodePublicKey(changed);
          const type = keyTypeOfName(key.type);
          assert.ok(type);
          assert.deepEqual(publicKeyOfParts(type, key.parts).blob, changed);
        } catch (error) {
          assert.ok(error instanceof DecodeError, String(error));
        }
      }
    }
  }
});

test('RSA keys outside 1024 to 16384 bits, with even numbers or a huge exponent are refused', () => {
  const rsa = (n: bigint, e: bigint): Uint8Array => new Writer().string('ssh-rsa').mpint(e).mpint(n).bytes();
  const modulus = (bits: bigint): bigint => (1n << bits) - 1n;
  assert.equal(decodePublicKey(rsa(modulus(1024n), 65537n)).bits, 1024);
  assert.equal(decodePublicKey(rsa(modulus(16384n), 3n)).bits, 16384);
  for (const [n, e] of [
    [modulus(1023n), 65537n],
    [modulus(16385n), 65537n],
    [modulus(2048n) - 1n, 65537n],
    [modulus(2048n), 1n],
    [modulus(2048n), 0n],
    [modulus(2048n), 65536n],
    [modulus(2048n), (1n << 33n) + 1n],
    [0n, 65537n],
  ] as const) {
    assert.throws(() => decodePublicKey(rsa(n, e)), DecodeError);
  }
});

test('a curve that is not the one of the key type is refused (RFC 5656 section 3.1)', () => {
  const point = new Uint8Array(65).fill(4);
  const blob = (type: string, curve: string, bytes: Uint8Array): Uint8Array =>
    new Writer().string(type).string(curve).string(bytes).bytes();
  assert.equal(decodePublicKey(blob('ecdsa-sha2-nistp256', 'nistp256', point)).bits, 256);
  assert.throws(() => decodePublicKey(blob('ecdsa-sha2-nistp256', 'nistp384', point)), DecodeError);
  assert.throws(() => decodePublicKey(blob('ecdsa-sha2-nistp384', 'nistp384', point)), DecodeError);
  const compressed = new Uint8Array(65).fill(2);
  assert.throws(() => decodePublicKey(blob('ecdsa-sha2-nistp256', 'nistp256', compressed)), DecodeError);
});

test('keyTypeLabel gives the words of messages, and an unknown type itself', () => {
  assert.deepEqual(
    ['ssh-ed25519', 'ecdsa-sha2-nistp521', 'ssh-rsa-cert-v01@openssh.com', 'ssh-new'].map((type) => keyTypeLabel(type)),
    ['ED25519', 'ECDSA', 'RSA-CERT', 'ssh-new'],
  );
});
