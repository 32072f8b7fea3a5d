// What probeLibcrypto answers with: the shape that createCryptoProvider (packages/crypto) takes, which must not name
// this package.

import type { ChachaPolyCipher, DigestName } from '@sallyport/protocol/algorithms/crypto-provider';

export interface LibcryptoChachaPoly extends Pick<ChachaPolyCipher, 'seal' | 'open' | 'free'> {
  /** The packet length that four bytes at `at` hide; nothing is changed. */
  length(sequenceNumber: number, bytes: Uint8Array, at: number): number;
}

export interface LibcryptoHmac {
  /** Writes the tag of the joined parts to `out`, which has the digest's length. */
  compute(parts: readonly Uint8Array[], out: Uint8Array): void;
  free(): void;
}

export interface Libcrypto {
  /** 64-byte key of chacha20-poly1305@openssh.com. */
  readonly chachaPoly: (key: Uint8Array) => LibcryptoChachaPoly;
  readonly hmac: (name: DigestName, key: Uint8Array) => LibcryptoHmac;
}
