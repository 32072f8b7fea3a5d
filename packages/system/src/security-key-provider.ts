// What speaks to FIDO authenticators (PROTOCOL.u2f): a middleware library (security-key-middleware.ts) or libfido2
// (libfido2.ts), both with the three calls of OpenSSH's sk-api.h and its numbers. A call blocks until somebody has
// touched the token.

/** Numbers that a call fails with. */
export const providerFailures = { general: -1, unsupported: -2, pinRequired: -3, noDevice: -4, exists: -5 } as const;
/** Of `alg`. */
export const securityKeyAlgorithms = { ecdsa: 0, ed25519: 1 } as const;
export type SecurityKeyAlgorithm = keyof typeof securityKeyAlgorithms;

/** A flag of `enroll`: a key that the token keeps already is replaced. */
export const replaceKeyFlag = 0x10;

export interface ProviderCall {
  /** Empty: none. */
  readonly pin: string;
  /** Path of the token; empty: whichever fits. */
  readonly device: string;
}

export interface EnrollCall extends ProviderCall {
  readonly algorithm: SecurityKeyAlgorithm;
  readonly challenge: Uint8Array;
  readonly application: string;
  /** By whom keys that the token keeps are told apart; empty: nobody. */
  readonly user: string;
  /** `securityKeyFlags`, and `replaceKeyFlag`. */
  readonly flags: number;
}

export interface EnrolledKey {
  readonly flags: number;
  /** Ed25519: 32 bytes; ECDSA: an uncompressed point. */
  readonly publicKey: Uint8Array;
  readonly keyHandle: Uint8Array;
  readonly signature: Uint8Array;
  readonly attestationCertificate: Uint8Array;
  readonly authenticatorData: Uint8Array;
}

export interface SignCall extends ProviderCall {
  readonly algorithm: SecurityKeyAlgorithm;
  readonly data: Uint8Array;
  readonly application: string;
  readonly keyHandle: Uint8Array;
  readonly flags: number;
}

export interface TokenSignature {
  readonly flags: number;
  readonly counter: number;
  /** Ed25519: the signature, and an empty `s`; ECDSA: two numbers. */
  readonly r: Uint8Array;
  readonly s: Uint8Array;
}

export interface ResidentKey {
  readonly algorithm: SecurityKeyAlgorithm | undefined;
  readonly application: string;
  readonly flags: number;
  readonly userId: Uint8Array;
  readonly key: EnrolledKey;
}

/** The calls throw ProviderError when the token, its user or the library says no. */
export interface SecurityKeyProvider {
  enroll(call: EnrollCall): EnrolledKey;
  /** Signs the SHA-256 of the data with what the token adds. */
  sign(call: SignCall): TokenSignature;
  /** The keys that the token keeps itself. */
  residentKeys(call: ProviderCall): ResidentKey[];
}

export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  /** One of `providerFailures`, or what else a library answered. */
  readonly failure: number;

  constructor(failure: number, reason: string) {
    super(reason);
    this.failure = failure;
  }
}
