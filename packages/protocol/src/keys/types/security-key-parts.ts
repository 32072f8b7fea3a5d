// What a key in a FIDO authenticator consists of (PROTOCOL.u2f): the public half with the application it was made
// for, and in place of the private half the handle by which its token finds it.

export type SecurityKeyPublicParts =
  | { readonly kind: 'sk-ed25519'; readonly publicKey: Uint8Array; readonly application: string }
  | { readonly kind: 'sk-ecdsa'; readonly publicPoint: Uint8Array; readonly application: string };

/** What a key file holds of a token's key. */
export interface SecurityKeyHandle {
  /** What the token must ask of its user, and whether it keeps the key itself (securityKeyFlags). */
  readonly flags: number;
  readonly keyHandle: Uint8Array;
  readonly reserved: Uint8Array;
}

export type SecurityKeyPrivateParts = SecurityKeyPublicParts & SecurityKeyHandle;
