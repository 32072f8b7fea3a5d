// OpenSSH certificates v01 of every key type, for users and hosts (PROTOCOL.certkeys): decoding, the authority's
// signature, and making one. Decoding judges nothing but the form; whether a certificate holds for somebody at some
// time is certificate-check.ts.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import { certificateNameOf, signatureAlgorithmsOf } from '../algorithms/signatures.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { utf8DecodeReversibly, utf8EncodeReversibly } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { decodePublicKey, type PublicKey, publicKeyOfParts, readPublicKey, verifySignature } from './public-key.ts';
import { plainTypeOf, usableKeyTypeOfName } from './types/table.ts';

export type CertificateKind = 'user' | 'host';

/** A critical option or an extension: what its data means depends on its name. */
export interface CertificateOption {
  readonly name: string;
  readonly data: Uint8Array;
}

/** What an authority vouches for. Names are text; bytes that are not UTF-8 stay apart as lone surrogates. */
export interface CertificateContent {
  /** The certified plain key. */
  readonly key: PublicKey;
  readonly kind: CertificateKind;
  /** Below 2^64; the authority's numbering, 0 without one. */
  readonly serial: bigint;
  readonly keyId: string;
  readonly principals: readonly string[];
  /** Seconds since 1970, both below 2^64; valid from the first up to, not including, the second. */
  readonly validAfter: bigint;
  readonly validBefore: bigint;
  readonly criticalOptions: readonly CertificateOption[];
  readonly extensions: readonly CertificateOption[];
}

export interface Certificate extends CertificateContent {
  /** The name that begins the blob: `ssh-ed25519-cert-v01@openssh.com`. */
  readonly type: string;
  readonly blob: Uint8Array;
  /** Of the certified key. */
  readonly bits: number;
  readonly authority: PublicKey;
  /** The name in the signature blob: `rsa-sha2-512`. */
  readonly signatureAlgorithm: string;
  /** A signature blob over `signedPart`. Nothing has verified it yet. */
  readonly signature: Uint8Array;
  readonly signedPart: Uint8Array;
}

/** Who signs: a private key here, in an agent or in a token. */
export interface CertificateSigner {
  readonly publicKey: PublicKey;
  /** A signature blob over the data. */
  sign(algorithm: string, data: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** OpenSSH's limit. */
export const maximumPrincipals = 256;
/** validBefore of a certificate that never ends. */
export const endOfTime = 0xffffffffffffffffn;
const kindNumbers = { user: 1, host: 2 } as const satisfies Record<CertificateKind, number>;
const nonceBytes = 32;

export function isCertificateType(type: string): boolean {
  return plainTypeOf(type) !== undefined;
}

export function isCertificate(key: PublicKey | Certificate): key is Certificate {
  return 'authority' in key;
}

/** The name that begins the blob of a key or a certificate; empty for a blob that is none. */
export function typeOfBlob(blob: Uint8Array): string {
  try {
    return new Reader(blob).text();
  } catch (error) {
    if (error instanceof DecodeError) return '';
    throw error;
  }
}

/** Decodes a plain key or a certificate, for places that take both. @throws DecodeError */
export function decodeAnyKey(blob: Uint8Array): PublicKey | Certificate {
  return takeAnyKey(blob.slice());
}

/** The same of a blob that is given away. @throws DecodeError */
export function takeAnyKey(own: Uint8Array): PublicKey | Certificate {
  const reader = new Reader(own);
  const type = reader.text();
  return isCertificateType(type) ? decodeCertificate(own) : readPublicKey(own, reader, type);
}

/** Decodes a certificate blob; keeps nothing of the argument. The signature is not verified. @throws DecodeError */
export function decodeCertificate(blob: Uint8Array): Certificate {
  const own = blob.slice();
  const reader = new Reader(own);
  const type = reader.text();
  const plain = plainTypeOf(type);
  if (plain === undefined) throw new DecodeError('unknown or unsupported certificate type');
  reader.string();
  const key = publicKeyOfParts(plain, plain.readPublic(reader));
  const content = readContent(reader, key);
  // The reserved field: written empty, ignored when read.
  reader.string();
  const authority = readAuthority(reader.string());
  const signedPart = own.subarray(0, own.length - reader.remaining);
  const signature = reader.string();
  reader.end();
  const signatureAlgorithm = new Reader(signature).text();
  return { type, blob: own, bits: key.bits, ...content, authority, signatureAlgorithm, signature, signedPart };
}

function readContent(reader: Reader, key: PublicKey): CertificateContent {
  const serial = reader.uint64();
  const number = reader.uint32();
  const kind = number === kindNumbers.user ? 'user' : number === kindNumbers.host ? 'host' : undefined;
  if (kind === undefined) throw new DecodeError('certificate is for neither a user nor a host');
  return {
    key,
    kind,
    serial,
    keyId: readName(reader),
    principals: readPrincipals(reader.string()),
    validAfter: reader.uint64(),
    validBefore: reader.uint64(),
    criticalOptions: readOptions(reader.string()),
    extensions: readOptions(reader.string()),
  };
}

function readName(reader: Reader): string {
  const bytes = reader.string();
  if (bytes.includes(0)) throw new DecodeError('name in a certificate has a null character');
  return utf8DecodeReversibly(bytes);
}

function readPrincipals(list: Uint8Array): string[] {
  const reader = new Reader(list);
  const principals: string[] = [];
  while (reader.remaining > 0) {
    if (principals.length >= maximumPrincipals) throw new DecodeError('certificate has too many principals');
    principals.push(readName(reader));
  }
  return principals;
}

function readOptions(list: Uint8Array): CertificateOption[] {
  const reader = new Reader(list);
  const options: CertificateOption[] = [];
  while (reader.remaining > 0) options.push({ name: readName(reader), data: reader.string() });
  return options;
}

function readAuthority(blob: Uint8Array): PublicKey {
  const type = new Reader(blob).text();
  if (usableKeyTypeOfName(type) === undefined) throw new DecodeError('invalid certificate signing key');
  return decodePublicKey(blob);
}

/** Whether the authority named in the certificate signed it, with an algorithm that is allowed here at all. */
export function verifyCertificateSignature(
  crypto: CryptoProvider,
  certificate: Certificate,
  options: { readonly allowedAlgorithms?: readonly string[] | undefined } = {},
): boolean {
  const { authority, signature, signatureAlgorithm, signedPart } = certificate;
  const { allowedAlgorithms } = options;
  if (allowedAlgorithms?.includes(signatureAlgorithm) === false) return false;
  const algorithm = allowedAlgorithms === undefined ? undefined : signatureAlgorithm;
  return verifySignature(crypto, { key: authority, algorithm, data: signedPart, signature });
}

/**
 * Has the authority sign a certificate.
 * @throws RangeError when the content has too many principals or the authority's key no signature algorithm
 * @throws Error when the signer gives back a signature of another algorithm; whether it is right is the signer's affair
 */
export async function buildCertificate(
  crypto: CryptoProvider,
  content: CertificateContent,
  { signer, algorithm }: { readonly signer: CertificateSigner; readonly algorithm?: string | undefined },
): Promise<Certificate> {
  const signatureAlgorithm = algorithm ?? signatureAlgorithmsOf(signer.publicKey.type)[0]?.name;
  if (signatureAlgorithm === undefined) throw new RangeError('authority has no signature algorithm');
  if (content.principals.length > maximumPrincipals) throw new RangeError('too many principals');
  const writer = new Writer(1024).string(certificateNameOf(content.key.type));
  writer.string(crypto.random(new Uint8Array(nonceBytes)));
  const keyType = usableKeyTypeOfName(content.key.type);
  if (keyType === undefined) throw new RangeError('unknown or unsupported key type');
  keyType.writePublic(writer, content.key.parts);
  writeContent(writer, content);
  writer.string('').string(signer.publicKey.blob);
  const signature = await signer.sign(signatureAlgorithm, writer.bytes());
  const certificate = decodeCertificate(writer.string(signature).bytes());
  if (certificate.signatureAlgorithm !== signatureAlgorithm) throw new Error('signer used another algorithm');
  return certificate;
}

function writeContent(writer: Writer, content: CertificateContent): void {
  writer.uint64(content.serial).uint32(kindNumbers[content.kind]).string(utf8EncodeReversibly(content.keyId));
  const principals = new Writer();
  for (const principal of content.principals) principals.string(utf8EncodeReversibly(principal));
  writer.string(principals.bytes()).uint64(content.validAfter).uint64(content.validBefore);
  for (const list of [content.criticalOptions, content.extensions]) {
    const options = new Writer();
    for (const { name, data } of sortedByName(list)) options.string(utf8EncodeReversibly(name)).string(data);
    writer.string(options.bytes());
  }
}

function sortedByName(options: readonly CertificateOption[]): CertificateOption[] {
  return options.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}
