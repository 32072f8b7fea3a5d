// Keys from a finished exchange (RFC 4253 section 7.2).

import { findCipher } from '../../algorithms/ciphers.ts';
import type { CryptoProvider, DigestName } from '../../algorithms/crypto-provider.ts';
import { findMac } from '../../algorithms/macs.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import type { DirectionKeys } from '../direction-keys.ts';
import type { NegotiatedAlgorithms } from '../events.ts';

export interface ExchangeOutcome {
  readonly digest: DigestName;
  /** K in its encoding, with its length. */
  readonly secret: Uint8Array;
  /** H. */
  readonly hash: Uint8Array;
  readonly sessionId: Uint8Array;
  readonly algorithms: Omit<NegotiatedAlgorithms, 'strict'>;
}

// RFC 4253 section 7.2: one letter for each initialisation vector, encryption key and integrity key.
const letters = { toServer: ['A', 'C', 'E'], toClient: ['B', 'D', 'F'] } as const;

export function deriveKeys(
  crypto: CryptoProvider,
  outcome: ExchangeOutcome,
  direction: keyof typeof letters,
): DirectionKeys {
  const { algorithms } = outcome;
  const toServer = direction === 'toServer';
  const cipher = findCipher(toServer ? algorithms.cipherToServer : algorithms.cipherToClient);
  if (cipher === undefined) throw new TypeError('cipher is not in the table');
  const mac = findMac(toServer ? algorithms.macToServer : algorithms.macToClient);
  const [ivLetter, keyLetter, macLetter] = letters[direction];
  return {
    cipher: cipher.name,
    mac: mac?.name ?? '',
    iv: expand(crypto, outcome, ivLetter, cipher.ivBytes),
    key: expand(crypto, outcome, keyLetter, cipher.keyBytes),
    macKey: expand(crypto, outcome, macLetter, mac?.keyBytes ?? 0),
  };
}

// K1 = HASH(K || H || X || session_id), Kn+1 = HASH(K || H || K1 || ... || Kn).
function expand(crypto: CryptoProvider, outcome: ExchangeOutcome, letter: string, lengthBytes: number): Uint8Array {
  const { digest, secret, hash, sessionId } = outcome;
  const key = new Uint8Array(lengthBytes);
  let blocks = [utf8Encode(letter), sessionId];
  for (let at = 0; at < lengthBytes; ) {
    const block = crypto.digest(digest, secret, hash, ...blocks);
    key.set(block.subarray(0, lengthBytes - at), at);
    blocks = at === 0 ? [block] : [...blocks, block];
    at += block.length;
  }
  for (const block of blocks) if (block !== sessionId) block.fill(0);
  return key;
}
