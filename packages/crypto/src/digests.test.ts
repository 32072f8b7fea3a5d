import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { digest, hasher, hmac, pbkdf2 } from './digests.ts';

const names: readonly DigestName[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];
const parts = [Uint8Array.of(1, 2, 3), new Uint8Array(0), new Uint8Array(5000).fill(7)];

test('digest and hasher give one value for joined, cut and piecewise input, as plain byte arrays', () => {
  for (const name of names) {
    const whole = digest(name, concatBytes(...parts));
    const pieces = hasher(name);
    for (const part of parts) pieces.update(part);
    assert.deepEqual(digest(name, ...parts), whole);
    assert.deepEqual(pieces.digest(), whole);
    assert.equal(Object.getPrototypeOf(whole), Uint8Array.prototype);
  }
});

test('hmac gives one tag for joined and cut input, of the length it says, as often as asked', () => {
  for (const name of names) {
    const mac = hmac(name, new Uint8Array(20).fill(1));
    const tag = mac.compute(parts);
    assert.equal(tag.length, mac.lengthBytes);
    assert.deepEqual(mac.compute([concatBytes(...parts)]), tag);
    assert.notDeepEqual(hmac(name, new Uint8Array(20).fill(2)).compute(parts), tag);
    mac.free();
  }
});

test('hmac takes an empty key, which RFC 2104 section 2 allows', () => {
  assert.equal(hmac('sha256', new Uint8Array(0)).compute([]).length, 32);
});

test('pbkdf2 gives the results of RFC 6070 and of RFC 7914 section 11', () => {
  const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value));
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const short = pbkdf2('sha1', text('password'), { salt: text('salt'), iterations: 4096, lengthBytes: 20 });
  assert.equal(hex(short), '4b007901b765489abead49d926f721d065a429c1');
  const long = pbkdf2('sha256', text('passwd'), { salt: text('salt'), iterations: 1, lengthBytes: 64 });
  assert.equal(hex(long).slice(0, 32), '55ac046e56e3089fec1691c22544b605');
});
