// What is asked of ML-DSA-44 (FIPS 204): keys of seeds, signatures with a context, which composite signatures need. Who
// does it is the runtime (ml-dsa-runtime.ts) or a package (ml-dsa-noble.ts).

export interface MlDsaKeyPair {
  readonly publicKey: Uint8Array;
  /** Hedged: two signatures of one message differ. */
  sign(message: Uint8Array, context: Uint8Array): Uint8Array;
  free(): void;
}

export interface MlDsa44 {
  /** The key of 32 bytes. */
  keyPair(seed: Uint8Array): MlDsaKeyPair;
  /** Key and signature have their right lengths. */
  verify(
    publicKey: Uint8Array,
    signed: { readonly message: Uint8Array; readonly context: Uint8Array; readonly signature: Uint8Array },
  ): boolean;
}

export const mlDsaSizes = { seed: 32, publicKey: 1312, signature: 2420 } as const;
