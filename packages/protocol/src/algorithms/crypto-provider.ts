// What the engines ask of cryptography: synchronous, byte arrays in and out, no key objects of a platform. The package
// `crypto` implements it for Node and Bun. Every length is in bytes. Methods that get malformed public input (points,
// ciphertexts, signatures, encoded keys) return undefined or false; misuse by our own code throws.

export type DigestName = 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512';
export type CurveName = 'nistp256' | 'nistp384' | 'nistp521';
/** Block cipher modes that private key files need beside the transport's (whole buffers, no padding). */
export type BlockCipherName =
  | 'aes128-ctr'
  | 'aes192-ctr'
  | 'aes256-ctr'
  | 'aes128-cbc'
  | 'aes192-cbc'
  | 'aes256-cbc'
  | '3des-cbc';

/** A digest that is fed in pieces. */
export interface Hasher {
  update(data: Uint8Array): void;
  /** Ends it. */
  digest(): Uint8Array;
}

/** A keyed HMAC, reusable for any number of messages. */
export interface Hmac {
  readonly lengthBytes: number;
  /** The tag of the parts joined in order. */
  compute(parts: readonly Uint8Array[]): Uint8Array;
  free(): void;
}

/** AES in counter mode as one endless stream (RFC 4344 section 4). */
export interface StreamCipher {
  /** En- or decrypts `data` in place and advances. */
  apply(data: Uint8Array): void;
  free(): void;
}

/** AES-GCM with 12-byte nonces and 16-byte tags (RFC 5647), in place. */
export interface AeadCipher {
  /** Encrypts `data` in place, writes the tag to `tag` (16 bytes). */
  seal(
    nonce: Uint8Array,
    associated: Uint8Array,
    target: { readonly data: Uint8Array; readonly tag: Uint8Array },
  ): void;
  /** Decrypts `data` in place; false when the tag is wrong (what `data` then holds is unspecified). */
  open(
    nonce: Uint8Array,
    associated: Uint8Array,
    source: { readonly data: Uint8Array; readonly tag: Uint8Array },
  ): boolean;
  free(): void;
}

/** chacha20-poly1305@openssh.com over one direction's 64-byte key (PROTOCOL.chacha20poly1305). */
export interface ChachaPolyCipher {
  /** The packet length that the first 4 bytes of `packet` hide; nothing is changed. */
  packetLength(sequenceNumber: number, packet: Uint8Array): number;
  /** Encrypts length (first 4 bytes) and body in place, writes the 16-byte tag. */
  seal(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void;
  /** Checks the tag over the whole packet, then decrypts length and body in place; false when the tag is wrong. */
  open(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean;
  free(): void;
}

/** One ephemeral key agreement: our public value, and the secret with the peer's. */
export interface KeyAgreement {
  /** X25519: 32 bytes; ECDH: uncompressed point. */
  readonly publicValue: Uint8Array;
  /**
   * The shared secret: X25519 32 bytes, ECDH the x coordinate; undefined for an invalid point or an all-zero result.
   */
  agree(peerValue: Uint8Array): Uint8Array | undefined;
  /** Wipes the private part as far as the runtime lets us. */
  free(): void;
}

export interface KemKeyPair {
  readonly publicKey: Uint8Array;
  /** undefined for a ciphertext of the wrong length. */
  decapsulate(ciphertext: Uint8Array): Uint8Array | undefined;
  free(): void;
}

export interface KemResult {
  readonly ciphertext: Uint8Array;
  readonly sharedSecret: Uint8Array;
}

/**
 * Private keys as numbers and bytes: Ed25519 seed (32) and public (32); ECDSA scalar (field size, padded) and
 * uncompressed public point; RSA unsigned big-endian integers; ML-DSA-44 and Ed25519 together: both seeds (32 and 32)
 * and both public keys (1312 and 32), joined.
 */
export type PrivateKeyParts =
  | { readonly kind: 'ed25519'; readonly seed: Uint8Array; readonly publicKey: Uint8Array }
  | { readonly kind: 'ecdsa'; readonly curve: CurveName; readonly scalar: Uint8Array; readonly publicPoint: Uint8Array }
  | {
      readonly kind: 'rsa';
      readonly n: Uint8Array;
      readonly e: Uint8Array;
      readonly d: Uint8Array;
      readonly p: Uint8Array;
      readonly q: Uint8Array;
      /** q^-1 mod p, the only CRT value that OpenSSH's formats carry; the provider derives the others. */
      readonly iqmp: Uint8Array;
    }
  | { readonly kind: 'mldsa44-ed25519'; readonly seeds: Uint8Array; readonly publicKey: Uint8Array };

export type PublicKeyParts =
  | { readonly kind: 'ed25519'; readonly publicKey: Uint8Array }
  | { readonly kind: 'ecdsa'; readonly curve: CurveName; readonly publicPoint: Uint8Array }
  | { readonly kind: 'rsa'; readonly n: Uint8Array; readonly e: Uint8Array }
  | { readonly kind: 'mldsa44-ed25519'; readonly publicKey: Uint8Array };

/**
 * Signatures are raw: Ed25519 64 bytes; ECDSA r‖s, each padded to the field size; RSA PKCS#1 v1.5 of the modulus size;
 * ML-DSA-44 with Ed25519 2420 and 64 bytes, joined.
 */
export interface SigningKey {
  /** For Ed25519, alone or with ML-DSA, the digest is ignored. An RSA signature is verified before it is returned. */
  sign(digest: DigestName, data: Uint8Array): Uint8Array;
  /** The same on another thread, for keys that take long; several run side by side. */
  signInBackground?(digest: DigestName, data: Uint8Array): Promise<Uint8Array>;
  free(): void;
}

export interface VerifyingKey {
  verify(digest: DigestName, data: Uint8Array, signature: Uint8Array): boolean;
}

export type Argon2Variant = 'argon2d' | 'argon2i' | 'argon2id';

export interface Argon2Options {
  readonly salt: Uint8Array;
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly lengthBytes: number;
}

export interface CryptoProvider {
  /** Fills the array from the system's CSPRNG and returns it. */
  random(target: Uint8Array): Uint8Array;
  /** Constant-time for equal lengths; false for different ones. */
  equal(a: Uint8Array, b: Uint8Array): boolean;

  digest(name: DigestName, ...parts: readonly Uint8Array[]): Uint8Array;
  hasher(name: DigestName): Hasher;
  hmac(name: DigestName, key: Uint8Array): Hmac;

  /** `iv` is the initial 16-byte counter block. */
  aesCtr(key: Uint8Array, iv: Uint8Array): StreamCipher;
  /** Key of 16 or 32 bytes. */
  aesGcm(key: Uint8Array): AeadCipher;
  /** 64-byte key as the key exchange derives it. */
  chachaPoly(key: Uint8Array): ChachaPolyCipher;
  /** The same over a whole blob, as key files have it: nonce and associated data are empty. */
  chachaPolyBlob(key: Uint8Array): AeadCipher;
  /** Whole-buffer cipher of key files; input is a multiple of the block size; returns a new array. */
  blockCipher(
    name: BlockCipherName,
    key: Uint8Array,
    options: { readonly iv: Uint8Array; readonly decrypt: boolean; readonly data: Uint8Array },
  ): Uint8Array;

  x25519(): KeyAgreement;
  ecdh(curve: CurveName): KeyAgreement;
  /** ML-KEM-768 (FIPS 203): the client's side. */
  mlkem768(): KemKeyPair;
  /** ML-KEM-768, the server's side; undefined for a public key of the wrong length or failing the modulus check. */
  mlkem768Encapsulate(publicKey: Uint8Array): KemResult | undefined;
  /**
   * Finite-field Diffie-Hellman: base^exponent mod modulus; unsigned big-endian. Not in constant time: for ephemeral
   * exponents, and for checking keys that are only converted.
   */
  modExp(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array;

  /**
   * undefined when the parts do not make a key (wrong sizes, point off the curve, numbers that do not fit together).
   */
  signingKey(parts: PrivateKeyParts): SigningKey | undefined;
  /** Cached by the caller; undefined for parts that do not make a key. */
  verifyingKey(parts: PublicKeyParts): VerifyingKey | undefined;
  /** RSA with e = 65537; `bits` only for RSA; `curve` only for ECDSA. */
  generateKey(
    kind: 'ed25519' | 'ecdsa' | 'rsa' | 'mldsa44-ed25519',
    options?: { readonly bits?: number; readonly curve?: CurveName },
  ): PrivateKeyParts;

  /**
   * The public half of a private key that comes without it: 32 bytes, or an uncompressed point; undefined when there is
   * none.
   */
  publicHalf(
    parts:
      | { readonly kind: 'ed25519'; readonly seed: Uint8Array }
      | { readonly kind: 'ecdsa'; readonly curve: CurveName; readonly scalar: Uint8Array },
  ): Uint8Array | undefined;

  /** PBKDF2 with HMAC (RFC 8018 section 5.2). */
  pbkdf2(
    digest: DigestName,
    passphrase: Uint8Array,
    options: { readonly salt: Uint8Array; readonly iterations: number; readonly lengthBytes: number },
  ): Uint8Array;

  /** To be awaited before argon2() is called. */
  prepareArgon2(): Promise<void>;
  /** Argon2 version 1.3 (RFC 9106). @throws Error when it was not prepared */
  argon2(variant: Argon2Variant, passphrase: Uint8Array, options: Argon2Options): Uint8Array;

  /** bcrypt_pbkdf as OpenSSH uses it; undefined for an empty passphrase or salt, or no rounds. */
  bcryptPbkdf(
    passphrase: Uint8Array,
    salt: Uint8Array,
    options: { readonly rounds: number; readonly lengthBytes: number },
  ): Uint8Array | undefined;
}
