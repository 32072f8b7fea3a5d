// Keys from a finished exchange (RFC 4253 section 7.2): each is a stretch of digests over the secret, the exchange
// hash, one letter and the session id.

import { findCipher } from '../../algorithms/ciphers.ts';
import type { CryptoProvider, DigestName } from '../../algorithms/crypto-provider.ts';
import { findMac } from '../../algorithms/macs.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import type { DirectionKeys } from '../direction-keys.ts';

export interface KeySource {
  readonly crypto: CryptoProvider;
  readonly digest: DigestName;
  /** K in its encoding, with its length. */
  readonly secret: Uint8Array;
  /** H. */
  readonly hash: Uint8Array;
  readonly sessionId: Uint8Array;
}

const letters = {
  toServer: { iv: 'A', key: 'C', macKey: 'E' },
  toClient: { iv: 'B', key: 'D', macKey: 'F' },
} as const;

/** The keys of one direction; `mac` is empty for ciphers that authenticate themselves. */
export function deriveKeys(
  source: KeySource,
  direction: keyof typeof letters,
  names: Pick<DirectionKeys, 'cipher' | 'mac'>,
): DirectionKeys {
  const cipher = findCipher(names.cipher);
  const mac = findMac(names.mac);
  if (cipher === undefined || (mac === undefined && cipher.tagBytes === 0)) throw new TypeError('not in the tables');
  const letter = letters[direction];
  return {
    cipher: cipher.name,
    mac: mac?.name ?? '',
    iv: deriveKey(source, letter.iv, cipher.ivBytes),
    key: deriveKey(source, letter.key, cipher.keyBytes),
    macKey: deriveKey(source, letter.macKey, mac?.keyBytes ?? 0),
  };
}

/** K1 = HASH(K || H || letter || session id), Kn+1 = HASH(K || H || K1 || ... || Kn), cut to the length. */
export function deriveKey(source: KeySource, letter: string, lengthBytes: number): Uint8Array {
  const { crypto, digest, secret, hash, sessionId } = source;
  const key = new Uint8Array(lengthBytes);
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < lengthBytes; ) {
    const block = crypto.digest(digest, secret, hash, ...(at === 0 ? [utf8Encode(letter), sessionId] : blocks));
    key.set(block.subarray(0, lengthBytes - at), at);
    blocks.push(block);
    at += block.length;
  }
  for (const block of blocks) block.fill(0);
  return key;
}
