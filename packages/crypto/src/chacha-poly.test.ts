import assert from 'node:assert/strict';
import { test } from 'node:test';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import { chacha20orig } from '@noble/ciphers/chacha.js';
import { writeUint32 } from '@sallyport/protocol/wire/bytes';
import { ChachaPolyModule } from './chacha-poly.ts';

// Bytes that look random and are the same in every run.
function bytesOf(length: number, seed: number): Uint8Array {
  let state = seed >>> 0;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

interface Sealed {
  readonly packet: Uint8Array;
  readonly tag: Uint8Array;
}

// The construction of PROTOCOL.chacha20poly1305, put together from an independent implementation of its parts.
function sealByOracle(key: Uint8Array, sequenceNumber: number, packet: Uint8Array): Sealed {
  const nonce = new Uint8Array(8);
  writeUint32(nonce, 4, sequenceNumber);
  const main = key.slice(0, 32);
  const sealed = new Uint8Array(packet.length);
  sealed.set(chacha20orig(key.slice(32), nonce, packet.slice(0, 4)));
  sealed.set(chacha20orig(main, nonce, packet.slice(4), undefined, 1), 4);
  const oneTimeKey = chacha20orig(main, nonce, new Uint8Array(32));
  return { packet: sealed, tag: poly1305(sealed, oneTimeKey) };
}

test('ChachaPolyModule seals as an independent implementation does, at every length around its block sizes', () => {
  const module = new ChachaPolyModule();
  const key = bytesOf(64, 1);
  const cipher = module.cipher(key);
  const lengths = Array.from({ length: 1200 }, (_, i) => i + 4);
  for (const length of [...lengths, 4095, 8192, 32768 + 5, 35000, 65536, 262144 + 4]) {
    const sequenceNumber = length % 3 === 0 ? 0xffffffff - length : length;
    const plain = bytesOf(length, length);
    const packet = plain.slice();
    const tag = new Uint8Array(16);
    cipher.seal(sequenceNumber, packet, tag);
    const expected = sealByOracle(key, sequenceNumber, plain);
    assert.deepEqual(packet, expected.packet, `${length} bytes`);
    assert.deepEqual(tag, expected.tag, `tag of ${length} bytes`);
    assert.equal(cipher.packetLength(sequenceNumber, packet), new DataView(plain.buffer).getUint32(0));
    assert.equal(cipher.open(sequenceNumber, packet, tag), true);
    assert.deepEqual(packet, plain, `${length} bytes opened`);
  }
});

test('ChachaPolyModule authenticates packets whose Poly1305 limbs carry as far as they can', () => {
  const module = new ChachaPolyModule();
  for (let seed = 0; seed < 200; seed++) {
    const key = seed < 4 ? new Uint8Array(64).fill(seed * 85) : bytesOf(64, seed);
    const cipher = module.cipher(key);
    // The body is what turns into runs of ones under this key, so that additions carry through every limb.
    const length = 4 + 16 * (1 + (seed % 40)) + (seed % 17);
    const ones = new Uint8Array(length).fill(0xff);
    const packet = sealByOracle(key, seed, ones).packet;
    const expected = sealByOracle(key, seed, packet);
    const tag = new Uint8Array(16);
    cipher.seal(seed, packet, tag);
    assert.deepEqual(packet, ones);
    assert.deepEqual(tag, expected.tag, `seed ${seed}`);
    cipher.free();
  }
});

test('ChachaPolyModule refuses a packet of which one bit of body, length, tag or sequence number changed', () => {
  const cipher = new ChachaPolyModule().cipher(bytesOf(64, 3));
  const plain = bytesOf(300, 4);
  const packet = plain.slice();
  const tag = new Uint8Array(16);
  cipher.seal(7, packet, tag);
  for (const at of [0, 3, 4, 19, 131, 132, 299]) {
    const changed = packet.slice();
    changed[at] = (changed[at] as number) ^ 0x10;
    const before = changed.slice();
    assert.equal(cipher.open(7, changed, tag), false, `byte ${at}`);
    assert.deepEqual(changed, before, 'nothing was decrypted');
  }
  for (let at = 0; at < 16; at++) {
    const changed = tag.slice();
    changed[at] = (changed[at] as number) ^ 1;
    assert.equal(cipher.open(7, packet.slice(), changed), false, `tag byte ${at}`);
  }
  assert.equal(cipher.open(8, packet.slice(), tag), false);
  assert.equal(cipher.open(7, packet, tag), true);
  assert.deepEqual(packet, plain);
});

test('ChachaPolyModule keeps the keys of many ciphers apart and gives freed slots to new ones', () => {
  const module = new ChachaPolyModule();
  const keys = Array.from({ length: 3000 }, (_, i) => bytesOf(64, i));
  const ciphers = keys.map((key) => module.cipher(key));
  const plain = bytesOf(40, 9);
  for (const at of [0, 1, 1500, 2999]) {
    const packet = plain.slice();
    const tag = new Uint8Array(16);
    ciphers[at]?.seal(at, packet, tag);
    assert.deepEqual({ packet, tag }, sealByOracle(keys[at] as Uint8Array, at, plain));
  }
  const [first, second] = ciphers;
  assert.equal(first?.packetLength(5, plain.slice()) === second?.packetLength(5, plain.slice()), false);
  first?.free();
  first?.free();
  const reused = module.cipher(keys[7] as Uint8Array);
  assert.equal(reused.packetLength(5, plain), ciphers[7]?.packetLength(5, plain));
  assert.throws(() => first?.seal(1, plain.slice(), new Uint8Array(16)), /freed/);
});

test('ChachaPolyModule throws for keys and packets that cannot be', () => {
  const module = new ChachaPolyModule();
  assert.throws(() => module.cipher(new Uint8Array(32)), RangeError);
  const cipher = module.cipher(new Uint8Array(64));
  assert.throws(() => cipher.seal(0, new Uint8Array(3), new Uint8Array(16)), RangeError);
  assert.throws(() => cipher.seal(0, new Uint8Array(300000), new Uint8Array(16)), RangeError);
});
