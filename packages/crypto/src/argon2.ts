// Argon2 version 1.3 (RFC 9106) by @noble/hashes, as neither Node 20 nor Bun has it with parameters of one's own. The
// provider loads this file when somebody is about to need it: only files of PuTTY do.

import { argon2d, argon2i, argon2id } from '@noble/hashes/argon2.js';
import type { Argon2Options, Argon2Variant } from '@sallyport/protocol/algorithms/crypto-provider';

const variants = { argon2d, argon2i, argon2id } as const;

export function argon2(variant: Argon2Variant, passphrase: Uint8Array, options: Argon2Options): Uint8Array {
  const { salt, memoryKib, passes, lanes, lengthBytes } = options;
  return variants[variant](passphrase, salt, { m: memoryKib, t: passes, p: lanes, dkLen: lengthBytes });
}
