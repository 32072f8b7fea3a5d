import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PrivateKeyParts, PublicKeyParts } from '@sallyport/protocol/algorithms/crypto-provider';
import { bigintFromBytes, bytesFromBigint } from '@sallyport/protocol/wire/mpint';
import { readIntegerSequence } from './der.ts';
import { ecdsaSigningKey, ecdsaVerifyingKey, generateEcdsa } from './ecdsa.ts';
import { ed25519SigningKey, ed25519VerifyingKey, generateEd25519 } from './ed25519.ts';
import { createCryptoProvider } from './provider.ts';
import { generateRsa, rsaSigningKey, rsaVerifyingKey } from './rsa.ts';

const crypto = createCryptoProvider();
const data = Uint8Array.of(1, 2, 3);

type Rsa = Extract<PrivateKeyParts, { kind: 'rsa' }>;
type Ecdsa = Extract<PrivateKeyParts, { kind: 'ecdsa' }>;
type Ed25519 = Extract<PrivateKeyParts, { kind: 'ed25519' }>;

const rsa = generateRsa(1024) as Rsa;

function flipped(bytes: Uint8Array, at = bytes.length - 1): Uint8Array {
  return bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
}

function publicParts(parts: PrivateKeyParts): PublicKeyParts {
  if (parts.kind === 'rsa') return { kind: 'rsa', n: parts.n, e: parts.e };
  if (parts.kind !== 'ecdsa') return { kind: parts.kind, publicKey: parts.publicKey };
  return { kind: 'ecdsa', curve: parts.curve, publicPoint: parts.publicPoint };
}

test('Generated keys of every kind sign what only their public half verifies', () => {
  const keys = [
    crypto.generateKey('ed25519'),
    crypto.generateKey('ecdsa'),
    crypto.generateKey('ecdsa', { curve: 'nistp384' }),
    crypto.generateKey('ecdsa', { curve: 'nistp521' }),
    crypto.generateKey('mldsa44-ed25519'),
    rsa,
  ];
  for (const parts of keys) {
    for (const digest of ['sha1', 'sha256', 'sha384', 'sha512'] as const) {
      const signing = crypto.signingKey(parts);
      const verifying = crypto.verifyingKey(publicParts(parts));
      const signature = signing?.sign(digest, data) ?? new Uint8Array();
      assert.equal(verifying?.verify(digest, data, signature), true, parts.kind);
      assert.equal(Object.getPrototypeOf(signature), Uint8Array.prototype);
      assert.equal(verifying?.verify(digest, flipped(data), signature), false);
      assert.equal(verifying?.verify(digest, data, flipped(signature)), false);
      assert.equal(verifying?.verify(digest, data, signature.subarray(1)), false);
      assert.equal(verifying?.verify(digest, data, new Uint8Array(signature.length + 1)), false);
      assert.equal(verifying?.verify(digest, data, new Uint8Array(signature.length)), false);
      assert.equal(verifying?.verify(digest, data, new Uint8Array(signature.length).fill(0xff)), false);
      assert.equal(verifying?.verify(digest, data, new Uint8Array(0)), false);
      signing?.free();
      assert.throws(() => signing?.sign(digest, data), /freed/);
    }
  }
});

test('an RSA key signs on other threads what it signs on this one, and nothing when it was freed', async () => {
  const signing = rsaSigningKey(rsa);
  const made = await Promise.all(
    Array.from({ length: 8 }, async () => await signing?.signInBackground?.('sha512', data)),
  );
  const here = signing?.sign('sha512', data);
  assert.equal(here?.length, 128);
  for (const signature of made) assert.deepEqual(signature, here);
  signing?.free();
  await assert.rejects(async () => signing?.signInBackground?.('sha512', data), /freed/);
});

test('ed25519 makes no key of a seed with another public key, nor of other lengths (RFC 8032 section 5.1.5)', () => {
  const parts = generateEd25519(crypto.random(new Uint8Array(32))) as Ed25519;
  assert.ok(ed25519SigningKey(parts));
  assert.equal(ed25519SigningKey({ ...parts, publicKey: flipped(parts.publicKey) }), undefined);
  assert.equal(ed25519SigningKey({ ...parts, seed: flipped(parts.seed) }), undefined);
  assert.equal(ed25519SigningKey({ ...parts, seed: parts.seed.subarray(1) }), undefined);
  assert.equal(ed25519VerifyingKey({ kind: 'ed25519', publicKey: parts.publicKey.subarray(1) }), undefined);
});

test('ecdsa makes no key of what is not a scalar and its point (RFC 5656 section 3.1)', () => {
  const parts = generateEcdsa('nistp256') as Ecdsa;
  const other = generateEcdsa('nistp256') as Ecdsa;
  assert.ok(ecdsaSigningKey(parts));
  assert.equal(ecdsaSigningKey({ ...parts, publicPoint: other.publicPoint }), undefined);
  assert.equal(ecdsaSigningKey({ ...parts, scalar: new Uint8Array(32) }), undefined);
  assert.equal(ecdsaSigningKey({ ...parts, scalar: new Uint8Array(32).fill(0xff) }), undefined);
  assert.equal(ecdsaSigningKey({ ...parts, scalar: parts.scalar.subarray(1) }), undefined);
  assert.equal(ecdsaSigningKey({ ...parts, curve: 'nistp384' }), undefined);
  const verifying = (publicPoint: Uint8Array) => ecdsaVerifyingKey({ kind: 'ecdsa', curve: 'nistp256', publicPoint });
  assert.ok(verifying(parts.publicPoint));
  assert.equal(verifying(flipped(parts.publicPoint)), undefined);
  assert.equal(verifying(flipped(parts.publicPoint, 0)), undefined);
  assert.equal(verifying(new Uint8Array(65)), undefined);
  assert.equal(verifying(parts.publicPoint.subarray(0, 33)), undefined);
});

test('ecdsa scalars are as long as the field, also when they start with zeros', () => {
  const shortScalar = new Uint8Array(66);
  shortScalar[65] = 7;
  for (let i = 0; i < 20; i++) assert.equal((generateEcdsa('nistp521') as Ecdsa).scalar.length, 66);
  const signed = ecdsaSigningKey({ ...(generateEcdsa('nistp521') as Ecdsa), scalar: shortScalar });
  assert.equal(signed, undefined);
});

test('rsa makes no key of numbers that do not fit together', () => {
  assert.ok(rsaSigningKey(rsa));
  const plus = (bytes: Uint8Array, more: bigint): Uint8Array => bytesFromBigint(bigintFromBytes(bytes) + more);
  const wrong: Partial<Rsa>[] = [
    { n: plus(rsa.n, 2n) },
    { e: Uint8Array.of(3) },
    { d: plus(rsa.d, 2n) },
    { p: rsa.q },
    { q: rsa.p },
    { p: Uint8Array.of(1), q: rsa.n },
    { p: new Uint8Array(0) },
    { p: rsa.q, q: rsa.p },
    { iqmp: plus(rsa.iqmp, 1n) },
    { iqmp: new Uint8Array(0) },
    { d: new Uint8Array(4000).fill(1) },
  ];
  for (const change of wrong) assert.equal(rsaSigningKey({ ...rsa, ...change }), undefined, Object.keys(change).join());
});

test('rsa verifying keys have 1024 to 16384 bits and an odd exponent above one', () => {
  const key = (n: bigint, e = 65537n) => rsaVerifyingKey({ kind: 'rsa', n: bytesFromBigint(n), e: bytesFromBigint(e) });
  const n = bigintFromBytes(rsa.n);
  assert.ok(key(n));
  assert.equal(key((n >> 1n) | 1n), undefined);
  assert.equal(key(n - 1n), undefined);
  assert.equal(key(n, 1n), undefined);
  assert.equal(key(n, 4n), undefined);
  assert.equal(key(n, (1n << 64n) + 1n), undefined);
  assert.equal(key(1n), undefined);
  assert.equal(key((1n << 16384n) + 1n), undefined);
  assert.ok(key((1n << 16383n) + 1n));
  assert.equal(rsaVerifyingKey({ kind: 'rsa', n: new Uint8Array(0), e: new Uint8Array(0) }), undefined);
});

test('rsa takes numbers with leading zeros, as mpints that were signed have them', () => {
  const zero = (bytes: Uint8Array): Uint8Array => Uint8Array.of(0, ...bytes);
  const signature = rsaSigningKey({ ...rsa, n: zero(rsa.n), d: zero(rsa.d), p: zero(rsa.p) })?.sign('sha256', data);
  assert.equal(signature?.length, 128);
  assert.equal(
    rsaVerifyingKey({ kind: 'rsa', n: zero(rsa.n), e: zero(rsa.e) })?.verify('sha256', data, signature),
    true,
  );
});

test('rsa refuses to generate keys of sizes that it would refuse to use', () => {
  assert.throws(() => generateRsa(1023), RangeError);
  assert.throws(() => generateRsa(16385), RangeError);
});

test('readIntegerSequence reads an RSA key and throws for any other shape', () => {
  const good = Uint8Array.of(0x30, 7, 2, 1, 0, 2, 2, 0, 0x80);
  assert.deepEqual(readIntegerSequence(good), [new Uint8Array(0), Uint8Array.of(0x80)]);
  const bad = [
    [],
    [0x31, 0],
    [0x30, 1],
    [0x30, 0, 0],
    [0x30, 0x80],
    [0x30, 0x84, 0, 0, 0, 0],
    [0x30, 2, 4, 0],
    [0x30, 3, 2, 5, 1],
  ];
  for (const bytes of bad) assert.throws(() => readIntegerSequence(Uint8Array.from(bytes)), Error);
});
