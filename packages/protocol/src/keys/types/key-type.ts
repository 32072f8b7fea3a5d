// What one key type must say about itself: how its numbers stand in a public key blob (RFC 4253 section 6.6), in the
// private section of openssh-key-v1 (PROTOCOL.key section 3) and in a signature blob, and which values are refused.
// Readers leave the reader behind their last field; the caller ends it.

import type { CurveName, PrivateKeyParts, PublicKeyParts } from '../../algorithms/crypto-provider.ts';
import type { Reader } from '../../wire/reader.ts';
import type { Writer } from '../../wire/writer.ts';
import type { DsaPrivateParts, DsaPublicParts } from './dsa-parts.ts';
import type { SecurityKeyPrivateParts, SecurityKeyPublicParts } from './security-key-parts.ts';

/** The numbers of a public key of any type. */
export type AnyPublicParts = PublicKeyParts | SecurityKeyPublicParts | DsaPublicParts;
/** The numbers of a private key of any type, or the handle of one in a token. */
export type AnyPrivateParts = PrivateKeyParts | SecurityKeyPrivateParts | DsaPrivateParts;

export type PublicParts<Kind extends string> = Extract<PublicKeyParts, { readonly kind: Kind }>;
export type PrivateParts<Kind extends string> = Extract<PrivateKeyParts, { readonly kind: Kind }>;

export interface KeyType<
  Public extends AnyPublicParts = AnyPublicParts,
  Private extends AnyPrivateParts = AnyPrivateParts,
> {
  /** The name that begins a blob: `ssh-ed25519`. */
  readonly name: string;
  /** OpenSSH's short word in messages: `ED25519`. */
  readonly label: string;
  readonly kind: Public['kind'];
  /** Only ECDSA, where each curve is a type of its own. */
  readonly curve?: CurveName;
  /** Keys of this type are read and written in files and used for nothing: no signatures, agents or certificates. */
  readonly isForConversion?: true;

  bits(parts: Public): number;
  /** The fields behind the type name. @throws DecodeError */
  readPublic(reader: Reader): Public;
  writePublic(writer: Writer, parts: Public): void;
  /** The fields behind the type name, up to the comment; values are copies. @throws DecodeError */
  readPrivate(reader: Reader): Private;
  writePrivate(writer: Writer, parts: Private): void;
  /** Behind a certificate, as agents get them: the private fields without those of the certified key. */
  readCertifiedPrivate(reader: Reader, certified: Public): Private;
  writeCertifiedPrivate(writer: Writer, parts: Private): void;
  publicPartsOf(parts: Private): Public;
  /** Only keys of tokens: the key that verifies what the token signed (security-key.ts). */
  verifiableParts?(parts: Public): PublicKeyParts;
  /** What stands behind the algorithm name of a signature blob, as CryptoProvider wants it. @throws DecodeError */
  readSignature(reader: Reader, parts: Public): Uint8Array;
  /** Appends what stands behind the algorithm name. */
  writeSignature(writer: Writer, signature: Uint8Array): void;
}
