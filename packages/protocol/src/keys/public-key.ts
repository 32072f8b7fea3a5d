// Public keys: blobs (RFC 4253 section 6.6) and the verification of signature blobs. A key exists only as the result of
// a strict decoding, so its type, its blob and its numbers always agree. Verification says true or false, nothing else.

import type { CryptoProvider, PublicKeyParts } from '../algorithms/crypto-provider.ts';
import { signatureAlgorithm, signatureAlgorithmsOf } from '../algorithms/signatures.ts';
import { DecodeError, tryDecode } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { Writer } from '../wire/writer.ts';
import type { AnyPublicParts, KeyType } from './types/key-type.ts';
import {
  readSecurityKeyTail,
  type SecurityKeyFacts,
  securityKeyFacts,
  securityKeyMessage,
} from './types/security-key.ts';
import { keyTypeOfName, plainTypeOf } from './types/table.ts';

export interface PublicKey {
  /** The name that begins the blob: `ssh-ed25519`. */
  readonly type: string;
  readonly blob: Uint8Array;
  readonly bits: number;
  readonly parts: AnyPublicParts;
}

export interface SignatureToVerify {
  readonly key: PublicKey;
  /** When given, the only algorithm that is accepted; otherwise all that we choose for the key's type. */
  readonly algorithm?: string | undefined;
  readonly data: Uint8Array;
  /** A signature blob: string algorithm, string signature. */
  readonly signature: Uint8Array;
}

/** Decodes a public key blob; keeps nothing of the argument. @throws DecodeError */
export function decodePublicKey(blob: Uint8Array): PublicKey {
  const own = blob.slice();
  const reader = new Reader(own);
  return readPublicKey(own, reader, reader.text());
}

/** The key of a blob of its own, of which the reader has read the type's name. @throws DecodeError */
export function readPublicKey(own: Uint8Array, reader: Reader, name: string): PublicKey {
  const type = keyTypeOfName(name);
  if (type === undefined) throw new DecodeError('unknown or unsupported key type');
  const parts = type.readPublic(reader);
  reader.end();
  return { type: type.name, blob: own, bits: type.bits(parts), parts };
}

/** The public key of numbers that come from a private key of ours. */
export function publicKeyOfParts(type: KeyType, parts: AnyPublicParts): PublicKey {
  const writer = new Writer().string(type.name);
  type.writePublic(writer, parts);
  return decodePublicKey(writer.bytes());
}

/**
 * OpenSSH's short word for a key type in messages (`ED25519`, `ECDSA`, `RSA`, with `-CERT` for certificates); an
 * unknown name stands for itself.
 */
export function keyTypeLabel(type: string): string {
  const plain = keyTypeOfName(type);
  if (plain !== undefined) return plain.label;
  const certified = plainTypeOf(type);
  return certified === undefined ? type : `${certified.label}-CERT`;
}

/** What is known of a signature that is right. */
export interface SignatureFacts {
  /** Only keys of tokens. Whether it is enough is for the caller to say. */
  readonly securityKey?: SecurityKeyFacts;
}

/**
 * Whether the blob is a signature over the data by the key, made with an algorithm that belongs to the key's type (and
 * is the one demanded). SHA-1 signatures that were not demanded, foreign algorithms, malformed blobs and bytes behind
 * the signature are false. So is a token's signature that nobody touched the token for; who allows those asks
 * examineSignature().
 */
export function verifySignature(crypto: CryptoProvider, signed: SignatureToVerify): boolean {
  const facts = examineSignature(crypto, signed);
  return facts !== undefined && facts.securityKey?.userPresent !== false;
}

/** What a right signature says, whether or not a token was touched for it; undefined when it is not right. */
export function examineSignature(crypto: CryptoProvider, signed: SignatureToVerify): SignatureFacts | undefined {
  return tryDecode(() => examine(crypto, signed));
}

function examine(
  crypto: CryptoProvider,
  { key, algorithm, data, signature }: SignatureToVerify,
): SignatureFacts | undefined {
  const type = keyTypeOfName(key.type);
  const reader = new Reader(signature);
  const name = reader.text();
  const row = signatureAlgorithm(name);
  if (row === undefined || row.keyType !== key.type) return undefined;
  const isAccepted = algorithm === undefined ? signatureAlgorithmsOf(key.type).includes(row) : algorithm === name;
  if (type === undefined || !isAccepted) return undefined;
  const raw = type.readSignature(reader, key.parts);
  const tail = 'application' in key.parts ? readSecurityKeyTail(reader, name) : undefined;
  reader.end();
  const message =
    'application' in key.parts && tail !== undefined
      ? securityKeyMessage(crypto, { application: key.parts.application, tail, data })
      : data;
  if (crypto.verifyingKey(verifiableParts(type, key.parts))?.verify(row.digest, message, raw) !== true)
    return undefined;
  return tail === undefined ? {} : { securityKey: securityKeyFacts(tail) };
}

/** The numbers that a CryptoProvider knows. */
export function verifiableParts(type: KeyType, parts: AnyPublicParts): PublicKeyParts {
  if (!('application' in parts) && parts.kind !== 'dsa') return parts;
  const found = type.verifiableParts?.(parts);
  if (found === undefined) throw new Error(`nothing verifies keys of type ${type.name}`);
  return found;
}
