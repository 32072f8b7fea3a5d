import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CurveName } from '@sallyport/protocol/algorithms/crypto-provider';
import { hexDecode } from '@sallyport/protocol/wire/base64';
import { curves } from './curves.ts';
import { ecdh, x25519 } from './key-agreement.ts';
import { RandomPool } from './random-pool.ts';

const pool = new RandomPool();
const random = (target: Uint8Array): Uint8Array => pool.draw(target);
const freshEcdh = (name: CurveName) => ecdh(name, random);
const fresh = () => x25519(pool.draw(new Uint8Array(32)));

test('x25519 refuses a peer value of another length and every point of small order (RFC 7748 section 6.1)', () => {
  const own = fresh();
  assert.equal(own.agree(new Uint8Array(31).fill(9)), undefined);
  assert.equal(own.agree(new Uint8Array(33).fill(9)), undefined);
  const smallOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ];
  for (const point of smallOrder) assert.equal(own.agree(hexDecode(point)), undefined, point);
});

test('x25519 wipes the random bytes it was made of and refuses to work once it is freed', () => {
  const random = pool.draw(new Uint8Array(32));
  const own = x25519(random);
  assert.deepEqual(random, new Uint8Array(32));
  const peer = fresh();
  assert.deepEqual(own.agree(peer.publicValue), peer.agree(own.publicValue));
  own.free();
  assert.throws(() => own.agree(peer.publicValue), /freed/);
});

test('ecdh agrees with its peer on every curve and gives the x coordinate at field length (RFC 5656 section 4)', () => {
  for (const name of ['nistp256', 'nistp384', 'nistp521'] as const) {
    for (let i = 0; i < 8; i++) {
      const own = freshEcdh(name);
      const peer = freshEcdh(name);
      assert.equal(own.publicValue.length, 1 + 2 * curves[name].fieldBytes);
      const secret = own.agree(peer.publicValue);
      assert.equal(secret?.length, curves[name].fieldBytes);
      assert.deepEqual(secret, peer.agree(own.publicValue));
      own.free();
      assert.throws(() => own.agree(peer.publicValue), /freed/);
    }
  }
});

test('ecdh draws its private value from the source that it is given, again when it is out of range (SEC 1 section 3.2.1)', () => {
  for (const name of ['nistp256', 'nistp384', 'nistp521'] as const) {
    const draws = [0xff, 0x00, 0x11];
    const scripted = (target: Uint8Array): Uint8Array => target.fill(draws.shift() ?? 0x22);
    const own = ecdh(name, scripted);
    assert.deepEqual(draws, [], name);
    assert.deepEqual(own.publicValue, ecdh(name, (target) => target.fill(0x11)).publicValue);
    assert.throws(() => ecdh(name, (target) => target.fill(0xff)), /[Pp]rivate key is not valid/);
  }
});

test('ecdh refuses points that are off the curve, at infinity, of another curve, or not in uncompressed form', () => {
  const own = freshEcdh('nistp256');
  const good = freshEcdh('nistp256').publicValue;
  const off = good.slice();
  off[64] = (off[64] as number) ^ 1;
  assert.equal(own.agree(off), undefined);
  assert.equal(own.agree(Uint8Array.of(0)), undefined);
  assert.equal(own.agree(new Uint8Array(65)), undefined);
  assert.equal(own.agree(new Uint8Array(0)), undefined);
  assert.equal(own.agree(freshEcdh('nistp384').publicValue), undefined);
  const compressed = good.slice(0, 33);
  compressed[0] = 2 + ((good[64] as number) & 1);
  assert.equal(own.agree(compressed), undefined);
  const hybrid = good.slice();
  hybrid[0] = 6 + ((good[64] as number) & 1);
  assert.equal(own.agree(hybrid), undefined);
});

test('RandomPool fills any length, never twice the same, and keeps nothing of what it gave', () => {
  const seen = new Set<string>();
  for (const length of [1, 16, 255, 256, 257, 5000]) {
    for (let i = 0; i < 40; i++) {
      const bytes = pool.draw(new Uint8Array(length));
      assert.equal(bytes.length, length);
      if (length >= 16) seen.add(bytes.join());
    }
  }
  assert.equal(seen.size, 200);
  assert.equal(pool.draw(new Uint8Array(0)).length, 0);
});
