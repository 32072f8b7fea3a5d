// Signatures over files and messages (PROTOCOL.sshsig): the armored text, the blob inside it, and what is signed. The
// message itself is never here, only its digest, so that it may be of any size. Who may sign what is
// formats/allowed-signers.ts.

import type { CryptoProvider, DigestName } from '../algorithms/crypto-provider.ts';
import { signatureAlgorithmsOf } from '../algorithms/signatures.ts';
import { base64Decode, base64Encode } from '../wire/base64.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { Reader } from '../wire/reader.ts';
import { utf8DecodeReversibly, utf8Encode, utf8EncodeReversibly } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { type Certificate, type CertificateSigner, decodeAnyKey, isCertificate } from './certificate.ts';
import { type PublicKey, verifySignature } from './public-key.ts';

export type SshsigHash = Extract<DigestName, 'sha256' | 'sha512'>;

export interface Sshsig {
  /** Who signed; a certificate brings its own proof of who that is. */
  readonly key: PublicKey | Certificate;
  /** What the signature is for: `git`, `file`, or a name with a domain. */
  readonly namespace: string;
  readonly hash: SshsigHash;
  /** A signature blob. */
  readonly signature: Uint8Array;
}

const hashes: readonly SshsigHash[] = ['sha256', 'sha512'];
const magic = utf8Encode('SSHSIG');
const version = 1;
const lineLength = 70;
const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';

/** The hash of a name; undefined for one that signatures are not made over. */
export function sshsigHash(name: string): SshsigHash | undefined {
  return hashes.find((hash) => hash === name);
}

/** What the key signs. */
function signedBytes({ namespace, hash }: Pick<Sshsig, 'namespace' | 'hash'>, digest: Uint8Array): Uint8Array {
  const writer = new Writer().raw(magic).string(utf8EncodeReversibly(namespace)).string('');
  return writer.string(hash).string(digest).bytes();
}

export interface SshsigRequest {
  readonly signer: CertificateSigner;
  /** Named as the signer instead of its plain key. */
  readonly certificate?: Certificate | undefined;
  readonly namespace: string;
  readonly hash: SshsigHash;
  /** Of the message, by that hash. */
  readonly digest: Uint8Array;
}

/** A signature blob of this format. @throws RangeError when the key has no algorithm @throws what the signer throws */
export async function signDigest(request: SshsigRequest): Promise<Uint8Array> {
  const { signer, certificate, namespace, hash, digest } = request;
  const algorithm = signatureAlgorithmsOf(signer.publicKey.type)[0]?.name;
  if (algorithm === undefined) throw new RangeError('key has no signature algorithm');
  const signature = await signer.sign(algorithm, signedBytes({ namespace, hash }, digest));
  const writer = new Writer()
    .raw(magic)
    .uint32(version)
    .string((certificate ?? signer.publicKey).blob);
  return writer.string(utf8EncodeReversibly(namespace)).string('').string(hash).string(signature).bytes();
}

export function armorSshsig(blob: Uint8Array): string {
  const lines = base64Encode(blob).match(new RegExp(`.{1,${lineLength}}`, 'g')) ?? [];
  return [begin, ...lines, end, ''].join('\n');
}

/** The blob of an armored signature; what stands behind it is passed over. @throws DecodeError */
export function dearmorSshsig(text: string): Uint8Array {
  if (!text.startsWith(begin)) throw new DecodeError("Couldn't parse signature: missing header");
  const until = text.indexOf(`\n${end}`);
  if (until < 0) throw new DecodeError("Couldn't parse signature: missing footer");
  return base64Decode(text.slice(begin.length, until).replaceAll(/[ \t\r\n]+/g, ''));
}

/** Decodes a signature blob. Messages of errors are OpenSSH's. @throws DecodeError */
export function decodeSshsig(blob: Uint8Array): Sshsig {
  const reader = new Reader(blob);
  for (const byte of magic) {
    if (reader.byte() !== byte) throw new DecodeError("Couldn't verify signature: invalid format");
  }
  const given = reader.uint32();
  if (given > version) throw new DecodeError(`Signature version ${given} is larger than supported version ${version}`);
  const key = decodeAnyKey(reader.string());
  const namespace = utf8DecodeReversibly(reader.string());
  // The reserved field: written empty, ignored when read, and no part of what was signed when it is not.
  reader.string();
  const name = reader.text();
  const hash = sshsigHash(name);
  if (hash === undefined) throw new DecodeError('unsupported hash algorithm');
  const signature = reader.string().slice();
  if (reader.remaining > 0) throw new DecodeError('Signature contains trailing data');
  return { key, namespace, hash, signature };
}

/** Whether the signature is right for a message with this digest, for whatever it says itself. */
export function verifySshsig(crypto: CryptoProvider, sshsig: Sshsig, digest: Uint8Array): boolean {
  const { key, signature } = sshsig;
  const plain = isCertificate(key) ? key.key : key;
  return verifySignature(crypto, { key: plain, data: signedBytes(sshsig, digest), signature });
}
