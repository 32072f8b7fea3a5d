// The numbers of DSA keys, unsigned and big-endian. They stand apart from those that a CryptoProvider takes: nothing
// signs or verifies with them.

export interface DsaPublicParts {
  readonly kind: 'dsa';
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  readonly g: Uint8Array;
  readonly y: Uint8Array;
}

export interface DsaPrivateParts extends DsaPublicParts {
  readonly x: Uint8Array;
}
