// Fingerprints of public keys as OpenSSH prints them: `SHA256:` and base64 without padding (RFC 4648 section 4); for
// MD5 `MD5:` and hexadecimal pairs joined by colons (RFC 4716 section 4).

import type { CryptoProvider, DigestName } from '../algorithms/crypto-provider.ts';
import { base64Encode, hexEncode } from '../wire/base64.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { bubbleBabble } from './bubble-babble.ts';
import { decodeAnyKey, isCertificate } from './certificate.ts';
import type { PublicKey } from './public-key.ts';

/** The fingerprint of a key, SHA-256 unless told. */
export function fingerprint(
  crypto: CryptoProvider,
  key: Pick<PublicKey, 'blob'>,
  digest: DigestName = 'sha256',
): string {
  const value = crypto.digest(digest, key.blob);
  const text = digest === 'md5' ? colonHex(value) : base64Encode(value).replace(/=+$/, '');
  return `${digest.toUpperCase()}:${text}`;
}

/** The same of a blob: of a certificate that of its key, of what cannot be decoded that of the bytes. */
export function fingerprintOfBlob(crypto: CryptoProvider, blob: Uint8Array): string {
  try {
    const key = decodeAnyKey(blob);
    return fingerprint(crypto, isCertificate(key) ? key.key : key);
  } catch (error) {
    if (error instanceof DecodeError) return fingerprint(crypto, { blob });
    throw error;
  }
}

/** In words, over SHA-1 (`ssh-keygen -B`). */
export function babbleFingerprint(crypto: CryptoProvider, key: Pick<PublicKey, 'blob'>): string {
  return bubbleBabble(crypto.digest('sha1', key.blob));
}

function colonHex(bytes: Uint8Array): string {
  return (hexEncode(bytes).match(/../g) ?? []).join(':');
}
