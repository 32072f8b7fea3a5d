import assert from 'node:assert/strict';
import { getDiffieHellman } from 'node:crypto';
import { describe, test } from 'node:test';
import { testCrypto } from '@sallyport/testing/transport-pair';
import { type KeyExchangeParameters, keyExchanges } from '../../../algorithms/key-exchanges.ts';
import { concatBytes } from '../../../wire/bytes.ts';
import { DecodeError } from '../../../wire/decode-error.ts';
import { bigintFromBytes, bytesFromBigint, mpintBody } from '../../../wire/mpint.ts';
import { Reader } from '../../../wire/reader.ts';
import { ecdh } from './ecdh.ts';
import { finiteField } from './finite-field.ts';
import { type KeyExchangeMethod, mpintSecret, type Offer, stringSecret } from './method.ts';
import { mlkemHybrid } from './mlkem-hybrid.ts';
import { methodOf } from './table.ts';

const crypto = testCrypto();

/** Both sides refuse the value. */
function refuse(method: KeyExchangeMethod, value: Uint8Array, offer: Offer): void {
  assert.equal(method.respond(crypto, value), undefined);
  assert.equal(offer.agree(value), undefined);
}

describe('every key exchange method', () => {
  for (const row of keyExchanges) {
    test(`gives both sides the same fresh secret: ${row.name}`, () => {
      const method = methodOf(row);
      const secrets = [1, 2].map(() => {
        const offer = method.offer(crypto);
        const response = method.respond(crypto, offer.value);
        assert.ok(response);
        const secret = offer.agree(response.value);
        assert.deepEqual(secret, response.secret);
        offer.free();
        return secret;
      });
      assert.notDeepEqual(secrets[0], secrets[1]);
    });
  }

  for (const row of keyExchanges.filter(({ parameters }) => parameters.family !== 'finite-field')) {
    test(`refuses values of another length: ${row.name}`, () => {
      const method = methodOf(row);
      const offer = method.offer(crypto);
      const { value } = offer;
      for (const wrong of [new Uint8Array(0), value.subarray(1), value.subarray(0, -1), concatBytes(value, value)]) {
        refuse(method, wrong, offer);
      }
      offer.free();
    });
  }
});

describe('X25519 (RFC 8731 section 3, RFC 7748 section 6.1)', () => {
  const method = ecdh({ family: 'ecdh', curve: 'x25519' });

  test('refuses points of small order, which make the secret zero', () => {
    const smallOrder = [
      '00',
      '01',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    ].map((hex) => new Uint8Array(Buffer.from(hex.padEnd(64, '0'), 'hex')));
    const offer = method.offer(crypto);
    for (const point of smallOrder) refuse(method, point, offer);
    offer.free();
  });
});

describe('ECDH over NIST curves (RFC 5656 section 4)', () => {
  for (const curve of ['nistp256', 'nistp384', 'nistp521'] as const) {
    test(`refuses points that are compressed, at infinity or off the curve: ${curve}`, () => {
      const method = ecdh({ family: 'ecdh', curve });
      const offer = method.offer(crypto);
      const point = offer.value;
      const off = point.slice();
      off[off.length - 1] = (off[off.length - 1] as number) ^ 1;
      const compressed = concatBytes(new Uint8Array([2]), point.subarray(1, 1 + (point.length - 1) / 2));
      const zero = new Uint8Array(point.length);
      zero[0] = 4;
      const hybrid = point.slice();
      hybrid[0] = 6;
      for (const wrong of [off, compressed, zero, hybrid, new Uint8Array([0])]) refuse(method, wrong, offer);
      offer.free();
    });
  }
});

describe('Diffie-Hellman (RFC 4253 section 8)', () => {
  const parameters = { family: 'finite-field', group: 'group14' } as const satisfies KeyExchangeParameters;
  const method = finiteField(parameters);
  const prime = bigintFromBytes(new Uint8Array(getDiffieHellman('modp14').getPrime()));

  test('refuses 0, 1, p-1, p and what is larger', () => {
    const offer = method.offer(crypto);
    for (const value of [0n, 1n, prime - 1n, prime, prime + 1n, prime * 3n, 1n << 40_000n]) {
      refuse(method, mpintBody(bytesFromBigint(value)), offer);
    }
    offer.free();
  });

  test('takes the smallest and the largest value in range', () => {
    for (const value of [2n, prime - 2n]) assert.ok(method.respond(crypto, mpintBody(bytesFromBigint(value))));
  });

  test('refuses numbers that are negative or not minimal', () => {
    for (const body of [new Uint8Array([0x80, 1]), new Uint8Array([0, 1]), new Uint8Array([0])]) {
      assert.throws(() => method.respond(crypto, body), DecodeError);
    }
  });

  test('sends powers of 2 modulo the prime of RFC 3526 section 3', () => {
    const offer = method.offer(crypto);
    const value = bigintFromBytes(offer.value);
    assert.ok(value > 1n && value < prime);
    // With the peer's value 2 the secret is our own value.
    const secret = new Reader(offer.agree(new Uint8Array([2])) as Uint8Array).mpint();
    assert.equal(secret, value);
    offer.free();
  });
});

describe('the ML-KEM hybrid (draft-ietf-sshm-mlkem-hybrid-kex section 2)', () => {
  const method = mlkemHybrid();

  test('has the sizes of ML-KEM-768 and X25519 side by side, and a string as secret', () => {
    const offer = method.offer(crypto);
    const response = method.respond(crypto, offer.value);
    assert.equal(offer.value.length, 1184 + 32);
    assert.equal(response?.value.length, 1088 + 32);
    assert.deepEqual([...(response?.secret.subarray(0, 4) ?? [])], [0, 0, 0, 32]);
    assert.equal(response?.secret.length, 36);
    offer.free();
  });

  test('refuses an encapsulation key that fails the modulus check (FIPS 203 section 7.2)', () => {
    const offer = method.offer(crypto);
    const wrong = offer.value.slice();
    wrong.fill(0xff, 0, 1152);
    assert.equal(method.respond(crypto, wrong), undefined);
    offer.free();
  });

  test('refuses a zero X25519 part in either direction', () => {
    const offer = method.offer(crypto);
    const response = method.respond(crypto, offer.value);
    assert.ok(response);
    const zeroOffer = offer.value.slice().fill(0, 1184);
    assert.equal(method.respond(crypto, zeroOffer), undefined);
    assert.equal(offer.agree(response.value.slice().fill(0, 1088)), undefined);
    offer.free();
  });

  test('comes to another secret when the ciphertext is changed (FIPS 203 section 6.3)', () => {
    const offer = method.offer(crypto);
    const response = method.respond(crypto, offer.value);
    assert.ok(response);
    const changed = response.value.slice();
    changed[5] = (changed[5] as number) ^ 1;
    assert.notDeepEqual(offer.agree(changed), response.secret);
    offer.free();
  });
});

test('a secret is encoded as mpint or string and its source overwritten', () => {
  const number = new Uint8Array([0, 0x80, 1]);
  assert.deepEqual(mpintSecret(number), new Uint8Array([0, 0, 0, 3, 0, 0x80, 1]));
  const text = new Uint8Array([0, 0x80]);
  assert.deepEqual(stringSecret(text), new Uint8Array([0, 0, 0, 2, 0, 0x80]));
  assert.deepEqual([...number, ...text], [0, 0, 0, 0, 0]);
});
