// Digests with their sizes (FIPS 180-4, RFC 1321). Those that only old formats use are here for them alone: no
// algorithm that is offered on the wire names md5 or sha1.

import type { DigestName } from './crypto-provider.ts';

export interface DigestRow {
  readonly name: DigestName;
  readonly lengthBytes: number;
}

export const digests = {
  md5: { name: 'md5', lengthBytes: 16 },
  sha1: { name: 'sha1', lengthBytes: 20 },
  sha256: { name: 'sha256', lengthBytes: 32 },
  sha384: { name: 'sha384', lengthBytes: 48 },
  sha512: { name: 'sha512', lengthBytes: 64 },
} as const satisfies Readonly<Record<DigestName, DigestRow>>;
