// Asks a file of revoked keys (a KRL, or lines of public keys) about a key. A file that cannot be read, or not be
// understood whole, is told as such: whoever asks then refuses the key.

import { readFileSync } from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Certificate } from '@sallyport/protocol/keys/certificate';
import { decodeRevocationList } from '@sallyport/protocol/keys/krl/revocation-list';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { reasonOf } from './failure-reason.ts';
import { keyFileReasons } from './messages.ts';

export type RevocationAnswer =
  | { readonly kind: 'revoked' | 'not-revoked' }
  | { readonly kind: 'unusable'; readonly reason: string };

export function askRevokedKeysFile(
  crypto: CryptoProvider,
  path: string,
  key: PublicKey | Certificate,
): RevocationAnswer {
  try {
    const list = decodeRevocationList(readFileSync(path));
    return { kind: list.revokes(crypto, key) ? 'revoked' : 'not-revoked' };
  } catch (error) {
    return { kind: 'unusable', reason: error instanceof DecodeError ? keyFileReasons.malformed : reasonOf(error) };
  }
}
