// What this package can use of the system's libcrypto when somebody who may call C functions offers it (packages/system
// builds the object; crypto never names it). Every member may be absent; then the runtime or our own code does the
// work.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';

/** chacha20-poly1305@openssh.com; a packet is the 4-byte length and the body, changed in place. */
export interface LibcryptoChachaPoly {
  length(sequenceNumber: number, bytes: Uint8Array, at: number): number;
  seal(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void;
  open(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean;
  free(): void;
}

export interface LibcryptoAesGcm {
  seal(nonce: Uint8Array, associated: Uint8Array, data: Uint8Array, tag: Uint8Array): void;
  open(nonce: Uint8Array, associated: Uint8Array, data: Uint8Array, tag: Uint8Array): boolean;
  free(): void;
}

export interface LibcryptoAesCtr {
  update(data: Uint8Array): void;
  free(): void;
}

export interface LibcryptoHmac {
  /** Writes the tag of the joined parts to `out`, which has the digest's length. */
  compute(parts: readonly Uint8Array[], out: Uint8Array): void;
  free(): void;
}

export interface Libcrypto {
  readonly chachaPoly?: (key: Uint8Array) => LibcryptoChachaPoly;
  readonly aesGcm?: (key: Uint8Array) => LibcryptoAesGcm;
  readonly aesCtr?: (key: Uint8Array, iv: Uint8Array) => LibcryptoAesCtr;
  readonly hmac?: (name: DigestName, key: Uint8Array) => LibcryptoHmac;
}
