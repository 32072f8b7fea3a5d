// A provider whose randomness comes from a seed, for recorded transcripts: with curve25519, an Ed25519 host key and
// these random bytes a connection is the same, byte for byte, every time. Never for anything but tests.

import { createCryptoProvider } from '@sallyport/crypto';
import { x25519 } from '@sallyport/crypto/key-agreement';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';

/** Bytes from a seed, by xorshift. */
export function seededRandom(seed: number): (target: Uint8Array) => Uint8Array {
  let state = seed | 1;
  return (target) => {
    for (let i = 0; i < target.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      target[i] = state >>> 24;
    }
    return target;
  };
}

export function deterministicCrypto(seed: number): CryptoProvider {
  const random = seededRandom(seed);
  return { ...createCryptoProvider(), random, x25519: () => x25519(random(new Uint8Array(32))) };
}
