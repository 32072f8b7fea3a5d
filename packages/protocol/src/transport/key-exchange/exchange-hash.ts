// The exchange hash H (RFC 4253 section 8, RFC 5656 section 4, RFC 8731 section 3): everything both sides said, so that
// a signature over it binds the whole negotiation.

import type { CryptoProvider, DigestName } from '../../algorithms/crypto-provider.ts';
import { writeUint32 } from '../../wire/bytes.ts';

export interface Transcript {
  /** Lines without CR LF. */
  readonly clientIdentification: Uint8Array;
  readonly serverIdentification: Uint8Array;
  /** Payloads. */
  readonly clientKexInit: Uint8Array;
  readonly serverKexInit: Uint8Array;
  readonly hostKey: Uint8Array;
  readonly clientValue: Uint8Array;
  readonly serverValue: Uint8Array;
  /** K in its encoding, with its length. */
  readonly secret: Uint8Array;
}

export function exchangeHash(crypto: CryptoProvider, digest: DigestName, transcript: Transcript): Uint8Array {
  const hasher = crypto.hasher(digest);
  const length = new Uint8Array(4);
  const parts = [
    transcript.clientIdentification,
    transcript.serverIdentification,
    transcript.clientKexInit,
    transcript.serverKexInit,
    transcript.hostKey,
    transcript.clientValue,
    transcript.serverValue,
  ];
  for (const part of parts) {
    writeUint32(length, 0, part.length);
    hasher.update(length);
    hasher.update(part);
  }
  hasher.update(transcript.secret);
  return hasher.digest();
}
