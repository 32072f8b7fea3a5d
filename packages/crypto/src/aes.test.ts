import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aesCiphers, blockCipher } from './aes.ts';

const { aesCtr, aesGcm } = aesCiphers();

test('aesGcm refuses a packet of which data, associated data, tag or nonce changed and opens it unchanged', () => {
  const cipher = aesGcm(new Uint8Array(32).fill(1));
  const nonce = new Uint8Array(12).fill(2);
  const associated = Uint8Array.of(0, 0, 0, 40);
  const data = new Uint8Array(40).fill(3);
  const tag = new Uint8Array(16);
  cipher.seal(nonce, associated, { data, tag });
  const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 1 ? byte ^ 1 : byte));
  assert.equal(cipher.open(nonce, associated, { data: flip(data), tag }), false);
  assert.equal(cipher.open(nonce, flip(associated), { data: data.slice(), tag }), false);
  assert.equal(cipher.open(nonce, associated, { data: data.slice(), tag: flip(tag) }), false);
  assert.equal(cipher.open(flip(nonce), associated, { data: data.slice(), tag }), false);
  assert.equal(cipher.open(nonce, associated, { data, tag }), true);
  assert.deepEqual(data, new Uint8Array(40).fill(3));
});

test('aesGcm changes only the view it is given', () => {
  const cipher = aesGcm(new Uint8Array(16));
  const buffer = new Uint8Array(100);
  const target = { data: buffer.subarray(20, 60), tag: buffer.subarray(60, 76) };
  cipher.seal(new Uint8Array(12), new Uint8Array(4), target);
  assert.equal(buffer.subarray(0, 20).some(Boolean), false);
  assert.equal(buffer.subarray(76).some(Boolean), false);
  assert.equal(buffer.subarray(20, 76).some(Boolean), true);
});

test('aesCtr goes on where it stopped and undoes itself with the same start (RFC 4344 section 4)', () => {
  const key = new Uint8Array(24).fill(5);
  const iv = new Uint8Array(16).fill(0xff);
  const data = Uint8Array.from({ length: 1000 }, (_, i) => i & 0xff);
  const text = data.slice();
  const sending = aesCtr(key, iv);
  for (let at = 0; at < data.length; at += 100) sending.apply(data.subarray(at, at + 100));
  const receiving = aesCtr(key, iv);
  receiving.apply(data);
  assert.deepEqual(data, text);
  sending.free();
  receiving.free();
});

test('blockCipher throws for input that is not whole blocks', () => {
  const input = { iv: new Uint8Array(16), decrypt: true, data: new Uint8Array(17) };
  assert.throws(() => blockCipher('aes256-cbc', new Uint8Array(32), input));
});
