import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { bcryptPbkdf } from './bcrypt-pbkdf.ts';

interface Oracle {
  // pass, passLength, salt, saltLength, key, keyLength, rounds; all in this order
  readonly pbkdf: (...parameters: readonly (Uint8Array | number)[]) => number;
}

const oracle = createRequire(import.meta.url)('bcrypt-pbkdf') as Oracle;

test('bcryptPbkdf derives what an independent implementation derives, for any count of blocks', () => {
  for (const [lengthBytes, rounds] of [
    [1, 1],
    [31, 2],
    [32, 1],
    [33, 1],
    [48, 2],
    [64, 1],
    [80, 1],
    [97, 2],
  ] as const) {
    const passphrase = Uint8Array.from({ length: lengthBytes }, (_, i) => (i * 7 + rounds) & 0xff);
    const salt = new Uint8Array(16).fill(lengthBytes);
    const expected = new Uint8Array(lengthBytes);
    const status = oracle.pbkdf(passphrase, passphrase.length, salt, salt.length, expected, lengthBytes, rounds);
    assert.equal(status, 0);
    assert.deepEqual(bcryptPbkdf(passphrase, salt, { rounds, lengthBytes }), expected, `${lengthBytes} bytes`);
  }
});

test('bcryptPbkdf refuses an empty passphrase or salt, no rounds, and lengths outside 1 to 1024', () => {
  const some = Uint8Array.of(1);
  const none = new Uint8Array(0);
  assert.equal(bcryptPbkdf(none, some, { rounds: 1, lengthBytes: 32 }), undefined);
  assert.equal(bcryptPbkdf(some, none, { rounds: 1, lengthBytes: 32 }), undefined);
  assert.equal(bcryptPbkdf(some, some, { rounds: 0, lengthBytes: 32 }), undefined);
  assert.equal(bcryptPbkdf(some, some, { rounds: 1, lengthBytes: 0 }), undefined);
  assert.equal(bcryptPbkdf(some, some, { rounds: 1, lengthBytes: 1025 }), undefined);
  assert.equal(bcryptPbkdf(some, some, { rounds: 1, lengthBytes: 1024 })?.length, 1024);
});
