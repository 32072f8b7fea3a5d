import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ml_kem768 as oracle } from '@noble/post-quantum/ml-kem.js';
import { MlKem768, messageBytes, seedBytes } from './ml-kem.ts';
import { createCryptoProvider } from './provider.ts';
import { RandomPool } from './random-pool.ts';

const pool = new RandomPool();
const random = (length: number): Uint8Array => pool.draw(new Uint8Array(length));
const kem = new MlKem768();

test('MlKem768 makes the keys, ciphertexts and secrets of an independent implementation (FIPS 203 section 7)', () => {
  for (let i = 0; i < 60; i++) {
    const seed = i < 2 ? new Uint8Array(seedBytes).fill(i * 255) : random(seedBytes);
    const expected = oracle.keygen(seed.slice());
    const pair = kem.keyPair(seed.slice());
    assert.deepEqual(pair.publicKey, expected.publicKey);
    const message = i < 2 ? new Uint8Array(messageBytes).fill(i * 255) : random(messageBytes);
    const sealed = oracle.encapsulate(expected.publicKey, message.slice());
    const result = kem.encapsulate(pair.publicKey, message.slice());
    assert.deepEqual(result?.ciphertext, sealed.cipherText);
    assert.deepEqual(result?.sharedSecret, sealed.sharedSecret);
    assert.deepEqual(pair.decapsulate(sealed.cipherText), sealed.sharedSecret);
    pair.free();
  }
});

test('MlKem768 answers a foreign ciphertext with the secret of implicit rejection (FIPS 203 algorithm 18)', () => {
  const seed = random(seedBytes);
  const { secretKey } = oracle.keygen(seed.slice());
  const pair = kem.keyPair(seed);
  const good = kem.encapsulate(pair.publicKey, random(messageBytes))?.ciphertext as Uint8Array;
  const foreign = [0, 319, 959, 960, 1087].map((at) => good.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  for (const ciphertext of [...foreign, random(1088), new Uint8Array(1088), new Uint8Array(1088).fill(0xff)]) {
    assert.deepEqual(pair.decapsulate(ciphertext), oracle.decapsulate(ciphertext, secretKey));
  }
});

test('MlKem768 refuses public keys of another length or with a coefficient of q or more (FIPS 203 section 7.2)', () => {
  const { publicKey } = kem.keyPair(random(seedBytes));
  assert.ok(kem.encapsulate(publicKey, random(messageBytes)));
  assert.equal(kem.encapsulate(publicKey.subarray(1), random(messageBytes)), undefined);
  assert.equal(kem.encapsulate(new Uint8Array(1185), random(messageBytes)), undefined);
  for (const at of [0, 1, 600, 767]) {
    for (const value of [3329, 4095]) {
      const changed = publicKey.slice();
      const byte = (at >> 1) * 3 + (at & 1);
      if (at % 2 === 0) {
        changed[byte] = value & 0xff;
        changed[byte + 1] = ((changed[byte + 1] as number) & 0xf0) | (value >> 8);
      } else {
        changed[byte] = ((changed[byte] as number) & 0x0f) | ((value & 15) << 4);
        changed[byte + 1] = value >> 4;
      }
      assert.equal(kem.encapsulate(changed, random(messageBytes)), undefined, `coefficient ${at} is ${value}`);
    }
  }
});

test('MlKem768 refuses ciphertexts of another length, wipes what it was given, and a freed key is of no use', () => {
  const seed = random(seedBytes);
  const pair = kem.keyPair(seed);
  assert.deepEqual(seed, new Uint8Array(seedBytes));
  const message = random(messageBytes);
  const result = kem.encapsulate(pair.publicKey, message);
  assert.deepEqual(message, new Uint8Array(messageBytes));
  assert.equal(pair.decapsulate(new Uint8Array(1087)), undefined);
  assert.equal(pair.decapsulate(new Uint8Array(0)), undefined);
  assert.deepEqual(pair.decapsulate(result?.ciphertext as Uint8Array), result?.sharedSecret);
  pair.free();
  assert.throws(() => pair.decapsulate(result?.ciphertext as Uint8Array), /freed/);
});

test('The provider makes new ML-KEM keys and secrets every time', () => {
  const crypto = createCryptoProvider();
  const pair = crypto.mlkem768();
  assert.notDeepEqual(pair.publicKey, crypto.mlkem768().publicKey);
  const first = crypto.mlkem768Encapsulate(pair.publicKey);
  const second = crypto.mlkem768Encapsulate(pair.publicKey);
  assert.notDeepEqual(first?.sharedSecret, second?.sharedSecret);
  assert.deepEqual(pair.decapsulate(first?.ciphertext as Uint8Array), first?.sharedSecret);
});
