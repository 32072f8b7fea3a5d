// A file of revoked keys as RevokedKeys, RevokedHostKeys and -r name it: a KRL, or as a fall-back lines of public keys
// and certificates. A list that is empty or damaged in any place is an error, upon which callers refuse every key.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Decode } from '../../wire/utf8.ts';
import { type Certificate, isCertificate } from '../certificate.ts';
import { parseAnyPublicLine } from '../formats/public-line.ts';
import type { PublicKey } from '../public-key.ts';
import { decodeKrl, isKrl } from './decode-krl.ts';

export interface RevocationList {
  revokes(crypto: CryptoProvider, key: PublicKey | Certificate): boolean;
}

/** The file must not change afterwards. @throws DecodeError when it is empty, cut off or damaged */
export function decodeRevocationList(file: Uint8Array): RevocationList {
  return isKrl(file) ? decodeKrl(file) : decodeTextList(utf8Decode(file));
}

function decodeTextList(text: string): RevocationList {
  if (text.trim() === '') throw new DecodeError('list of revoked keys is empty');
  const revoked: PublicKey[] = [];
  for (const line of text.split('\n')) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    const { key } = parseAnyPublicLine(entry);
    revoked.push(isCertificate(key) ? key.key : key);
  }
  const holds = (key: PublicKey): boolean => revoked.some(({ blob }) => equalBytes(blob, key.blob));
  return {
    revokes: (_, key) => (isCertificate(key) ? holds(key.key) || holds(key.authority) : holds(key)),
  };
}
