// chacha20-poly1305@openssh.com over a whole blob, as private key files use it (PROTOCOL.chacha20poly1305 without the
// length field and with sequence number 0): a few kilobytes once in a while, so plain code does. Packets are
// chacha-poly.ts. The arithmetic is the runtime's and takes what time it takes; nobody measures a key file from afar.

import { timingSafeEqual } from 'node:crypto';
import type { AeadCipher } from '@sallyport/protocol/algorithms/crypto-provider';

const keyBytes = 64;
const mainKeyBytes = 32;
const blockBytes = 64;
const tagBytes = 16;
const prime = (1n << 130n) - 5n;
const clamp = 0x0ffffffc0ffffffc0ffffffc0fffffffn;
const doubleRounds = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

/** Nonce and associated data are empty: the format has neither. */
export function chachaPolyBlob(key: Uint8Array): AeadCipher {
  if (key.length !== keyBytes) throw new RangeError('chacha20-poly1305@openssh.com has keys of 64 bytes');
  // The second half hides lengths, which a blob has not.
  const main = key.slice(0, mainKeyBytes);
  const tagOf = (sealed: Uint8Array): Uint8Array => poly1305(chachaBlock(main, 0).subarray(0, mainKeyBytes), sealed);
  return {
    seal: (_nonce, _associated, { data, tag }) => {
      applyStream(main, data);
      tag.set(tagOf(data));
    },
    open: (_nonce, _associated, { data, tag }) => {
      if (tag.length !== tagBytes || !timingSafeEqual(tagOf(data), tag)) return false;
      applyStream(main, data);
      return true;
    },
    free: () => void main.fill(0),
  };
}

/** In place, from block 1: block 0 is the key of the tag. */
function applyStream(key: Uint8Array, data: Uint8Array): void {
  for (let at = 0; at < data.length; at += blockBytes) {
    const stream = chachaBlock(key, 1 + at / blockBytes);
    for (const [index, byte] of data.subarray(at, at + blockBytes).entries()) {
      data[at + index] = byte ^ (stream[index] as number);
    }
    stream.fill(0);
  }
}

/** ChaCha20 (RFC 8439 section 2.3) with a nonce of zeros. */
function chachaBlock(key: Uint8Array, counter: number): Uint8Array {
  const view = new DataView(key.buffer, key.byteOffset, key.length);
  const start = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...new Uint32Array(12));
  for (let word = 0; word < 8; word++) start[4 + word] = view.getUint32(4 * word, true);
  start[12] = counter;
  const state = start.slice();
  for (let round = 0; round < 10; round++) for (const quarter of doubleRounds) quarterRound(state, quarter);
  const block = new DataView(new ArrayBuffer(blockBytes));
  for (let word = 0; word < 16; word++) {
    block.setUint32(4 * word, (state[word] as number) + (start[word] as number), true);
  }
  start.fill(0);
  state.fill(0);
  return new Uint8Array(block.buffer);
}

function quarterRound(state: Uint32Array, [a, b, c, d]: readonly [number, number, number, number]): void {
  const steps = [
    [a, b, d, 16],
    [c, d, b, 12],
    [a, b, d, 8],
    [c, d, b, 7],
  ] as const;
  for (const [sum, term, turned, bits] of steps) {
    state[sum] = (state[sum] as number) + (state[term] as number);
    const mixed = (state[turned] as number) ^ state[sum];
    state[turned] = (mixed << bits) | (mixed >>> (32 - bits));
  }
}

/** RFC 8439 section 2.5. */
function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = littleEndian(key.subarray(0, 16)) & clamp;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * r) % prime;
  }
  let value = sum + littleEndian(key.subarray(16, 32));
  const tag = new Uint8Array(tagBytes);
  for (let at = 0; at < tagBytes; at++, value >>= 8n) tag[at] = Number(value & 0xffn);
  return tag;
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
