// Private keys in memory: the numbers, the public half, a comment, and signatures (RFC 4253 section 6.6). How files
// carry them is in formats/. JavaScript cannot promise that no copy stays behind; `wipe` clears those that are ours.

import type { CryptoProvider, DigestName, SigningKey } from '../algorithms/crypto-provider.ts';
import { signatureAlgorithm } from '../algorithms/signatures.ts';
import { Writer } from '../wire/writer.ts';
import { type PublicKey, publicKeyOfParts, verifiableParts } from './public-key.ts';
import { isDsaConsistent } from './types/dsa.ts';
import type { AnyPrivateParts, KeyType } from './types/key-type.ts';
import type { SecurityKeyPrivateParts } from './types/security-key-parts.ts';
import { keyTypeOfParts } from './types/table.ts';

export class PrivateKey {
  readonly publicKey: PublicKey;
  readonly comment: string;
  readonly #type: KeyType;
  readonly #parts: AnyPrivateParts;
  #signing: { readonly crypto: CryptoProvider; readonly key: SigningKey } | undefined;
  #wiped = false;

  /** Takes ownership of the parts: `wipe` clears them. @throws DecodeError for sizes that are refused */
  constructor(parts: AnyPrivateParts, comment = '') {
    this.#type = keyTypeOfParts(parts);
    this.#parts = parts;
    this.publicKey = publicKeyOfParts(this.#type, this.#type.publicPartsOf(parts));
    this.comment = comment;
  }

  /** Whether the numbers make a key by the provider's judgement: point on the curve, halves that belong together. */
  isConsistent(crypto: CryptoProvider): boolean {
    if (this.#parts.kind === 'dsa') return !this.#wiped && isDsaConsistent(crypto, this.#parts);
    if (this.securityKey === undefined) return this.#signingKey(crypto) !== undefined;
    return crypto.verifyingKey(verifiableParts(this.#type, this.publicKey.parts)) !== undefined;
  }

  /** What the token of the key must be told; undefined for a key that signs here. */
  get securityKey(): SecurityKeyPrivateParts | undefined {
    return 'application' in this.#parts && !this.#wiped ? this.#parts : undefined;
  }

  /**
   * A signature blob over the data.
   * @throws RangeError when the algorithm is unknown or of another key type
   * @throws Error when the key was wiped, its numbers make no key, or it lives in a token
   */
  sign(crypto: CryptoProvider, algorithm: string, data: Uint8Array): Uint8Array {
    const { key, digest } = this.#signer(crypto, algorithm);
    return this.#signatureBlob(algorithm, key.sign(digest, data));
  }

  /** The same, on another thread where the key takes long. */
  async signInBackground(crypto: CryptoProvider, algorithm: string, data: Uint8Array): Promise<Uint8Array> {
    const { key, digest } = this.#signer(crypto, algorithm);
    const raw = await (key.signInBackground?.(digest, data) ?? Promise.resolve(key.sign(digest, data)));
    return this.#signatureBlob(algorithm, raw);
  }

  /** Appends type name and private fields as openssh-key-v1 and the agent protocol carry them. */
  writeTo(writer: Writer): void {
    if (this.#wiped) throw new Error('private key was wiped');
    writer.string(this.#type.name);
    this.#type.writePrivate(writer, this.#parts);
  }

  /** Appends the private fields as they stand behind a certificate of this key in the agent protocol. */
  writeCertifiedTo(writer: Writer): void {
    if (this.#wiped) throw new Error('private key was wiped');
    this.#type.writeCertifiedPrivate(writer, this.#parts);
  }

  wipe(): void {
    this.#wiped = true;
    this.#signing?.key.free();
    this.#signing = undefined;
    for (const value of Object.values(this.#parts)) if (value instanceof Uint8Array) value.fill(0);
  }

  #signer(crypto: CryptoProvider, algorithm: string): { readonly key: SigningKey; readonly digest: DigestName } {
    const row = signatureAlgorithm(algorithm);
    if (row?.keyType !== this.publicKey.type) {
      throw new RangeError(`a key of type ${this.publicKey.type} does not sign with ${algorithm}`);
    }
    const key = this.#signingKey(crypto);
    if (key === undefined) throw new Error('private key is not usable');
    return { key, digest: row.digest };
  }

  #signatureBlob(algorithm: string, raw: Uint8Array): Uint8Array {
    const writer = new Writer().string(algorithm);
    this.#type.writeSignature(writer, raw);
    return writer.bytes();
  }

  #signingKey(crypto: CryptoProvider): SigningKey | undefined {
    if (this.#wiped || 'application' in this.#parts || this.#parts.kind === 'dsa') return undefined;
    if (this.#signing?.crypto === crypto) return this.#signing.key;
    const key = crypto.signingKey(this.#parts);
    if (key === undefined) return undefined;
    this.#signing?.key.free();
    this.#signing = { crypto, key };
    return key;
  }
}
