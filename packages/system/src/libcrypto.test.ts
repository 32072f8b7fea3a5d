import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { probeLibcrypto } from './libcrypto.ts';
import { Libcrypto3 } from './libcrypto-calls.ts';
import { ChachaPoly } from './libcrypto-chacha-poly.ts';
import type { Libcrypto } from './libcrypto-parts.ts';
import { passesSelfTest } from './libcrypto-self-test.ts';

const isBun = process.versions['bun'] !== undefined;
const found = probeLibcrypto();
const skip = found === undefined ? 'no libcrypto.so.3 for this runtime' : false;
if (skip !== false) process.stderr.write(`skipped: ${skip}\n`);
const libcrypto = found as Libcrypto;

test('libcrypto is taken on Bun only, and the answer is remembered', () => {
  if (!isBun) assert.equal(found, undefined);
  assert.equal(probeLibcrypto(), found);
});

test('The self-test refuses a library of which one answer is wrong', { skip }, () => {
  assert.equal(passesSelfTest(libcrypto), true);
  const wrong = (part: Partial<Libcrypto>): boolean => passesSelfTest({ ...libcrypto, ...part });
  assert.equal(wrong({ chachaPoly: (key) => libcrypto.chachaPoly(key.map((byte) => byte ^ 1)) }), false);
  assert.equal(wrong({ hmac: (name) => libcrypto.hmac(name, Buffer.alloc(4)) }), false);
});

test('chacha20-poly1305@openssh.com seals as our own code does and opens what it sealed', { skip }, () => {
  const provider = createCryptoProvider();
  const key = randomBytes(64);
  const [ours, theirs] = [provider.chachaPoly(key), libcrypto.chachaPoly(key)];
  for (const bytes of [4, 5, 12, 63, 64, 65, 68, 1000, 32_768, 35_000]) {
    for (const sequenceNumber of [0, 1, 0x7fff_ffff, 0xffff_ffff]) {
      const plain = randomBytes(bytes);
      const [a, b] = [Buffer.from(plain), Buffer.from(plain)];
      const [tagA, tagB] = [Buffer.alloc(16), Buffer.alloc(16)];
      ours.seal(sequenceNumber, a, tagA);
      theirs.seal(sequenceNumber, b, tagB);
      assert.deepEqual([b.equals(a), tagB.equals(tagA)], [true, true], `${bytes} bytes`);
      const framed = Buffer.concat([Buffer.alloc(3), b]);
      assert.equal(theirs.length(sequenceNumber, framed, 3), plain.readUInt32BE(0));
      assert.equal(theirs.open(sequenceNumber ^ 1, b, tagB), false);
      assert.equal(b.equals(a), true, 'unchanged when refused');
      assert.equal(theirs.open(sequenceNumber, b, tagB), true);
      assert.equal(b.equals(plain), true);
    }
  }
});

test('Keys, packets and tags of the wrong length are refused', { skip }, () => {
  const cipher = libcrypto.chachaPoly(Buffer.alloc(64));
  assert.throws(() => cipher.seal(0, Buffer.alloc(3), Buffer.alloc(16)), RangeError);
  assert.throws(() => cipher.open(0, Buffer.alloc(8), Buffer.alloc(15)), RangeError);
  assert.throws(() => cipher.length(0, Buffer.alloc(8), 5), RangeError);
  assert.throws(() => new ChachaPoly(new Libcrypto3(), Buffer.alloc(32)), RangeError);
});

test('HMAC joins its parts and can be used again, for every digest', { skip }, () => {
  for (const [name, bytes] of [
    ['md5', 16],
    ['sha1', 20],
    ['sha256', 32],
    ['sha384', 48],
    ['sha512', 64],
  ] as const) {
    for (const keyBytes of [bytes, 200]) {
      const key = randomBytes(keyBytes);
      const mac = libcrypto.hmac(name, key);
      for (const parts of [[], [randomBytes(4), randomBytes(1000)], [Buffer.alloc(0), randomBytes(1)]]) {
        const out = Buffer.alloc(bytes);
        mac.compute(parts, out);
        assert.equal(out.equals(createHmac(name, key).update(Buffer.concat(parts)).digest()), true);
      }
      mac.free();
    }
  }
});

test('What was freed throws instead of following a stale address', { skip }, () => {
  const chacha = libcrypto.chachaPoly(randomBytes(64));
  const mac = libcrypto.hmac('sha256', randomBytes(32));
  for (const part of [chacha, mac]) {
    part.free();
    part.free();
  }
  const [packet, tag] = [Buffer.alloc(16), Buffer.alloc(16)];
  assert.throws(() => chacha.seal(0, packet, tag), /libcrypto has failed/);
  assert.throws(() => chacha.open(0, packet, tag), /libcrypto has failed/);
  assert.throws(() => mac.compute([packet], Buffer.alloc(32)), /libcrypto has failed/);
});
