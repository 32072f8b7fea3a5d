// Public keys and certificates as text: lines as .pub files have them, and the files of other programs. Fingerprints,
// their picture, and the records of the DNS.

import { createCryptoProvider } from '@sallyport/crypto';
import { type Certificate, isCertificate } from '@sallyport/protocol/keys/certificate';
import * as prints from '@sallyport/protocol/keys/fingerprint';
import { decodePrivateKeyFile } from '@sallyport/protocol/keys/formats/private-key-file';
import * as files from '@sallyport/protocol/keys/formats/public-files';
import { formatPublicLine, parseAnyPublicLine, parsePublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { formatSshfp, sshfpRecords } from '@sallyport/protocol/keys/formats/sshfp';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import * as art from '@sallyport/protocol/keys/randomart';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { utf8Decode, utf8Encode } from '@sallyport/protocol/wire/utf8';
import { KeyError } from '../errors.ts';
import { decoded, readKeyFile } from './decoded.ts';

/** A key, its private half or a certificate of it. */
export type AnyKey = PrivateKey | PublicKey | Certificate;

/** The plain public key: of a certificate the one that it certifies. */
export function plainKeyOf(key: AnyKey): PublicKey {
  const half = publicHalfOf(key);
  return isCertificate(half) ? half.key : half;
}

export function publicHalfOf(key: AnyKey): PublicKey | Certificate {
  return 'publicKey' in key ? key.publicKey : key;
}

/** A plain key that somebody names by its line or has already. @throws KeyError `key-malformed` */
export function namedKey(key: string | PrivateKey | PublicKey): PublicKey {
  if (typeof key !== 'string') return plainKeyOf(key);
  const line = key.trim();
  // Behind the first line of a file others would be taken for its comment.
  if (line.includes('\n')) throw new KeyError('key-malformed', 'public key: more than one line');
  return decoded('public key', () => parsePublicLine(line).key);
}

/** A key or a certificate, and what stood behind it. */
export interface PublicKeyFile {
  readonly key: PublicKey | Certificate;
  /** Empty without one. */
  readonly comment: string;
}

/**
 * The key or certificate of a file's contents: the first line that has one, RFC 4716, PKCS#8, PKCS#1, or the public
 * half of a private key file that tells it without a passphrase. @throws KeyError `key-malformed`
 */
export function parsePublicKey(file: string | Uint8Array): PublicKeyFile {
  return decoded('public key', () => decodeFile(typeof file === 'string' ? utf8Encode(file) : file));
}

/** The same for a file by its path. Rejects with KeyError `key-malformed` or `local-failed`. */
export async function readPublicKey(path: string): Promise<PublicKeyFile> {
  const file = await readKeyFile(path);
  return decoded(path, () => decodeFile(file));
}

function decodeFile(file: Uint8Array): PublicKeyFile {
  const format = files.publicFileFormat(file);
  if (format !== undefined) return { key: files.decodePublicFile(file, format), comment: '' };
  const text = utf8Decode(file);
  const isPrivate = text.startsWith('-----BEGIN') || text.startsWith('PuTTY-');
  const key = isPrivate ? decodePrivateKeyFile(file).publicKey : undefined;
  if (key !== undefined) return { key, comment: '' };
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const [line] = isPrivate ? [] : lines;
  if (line === undefined) throw new DecodeError('there is no public key in it');
  return parseAnyPublicLine(line);
}

export interface PublicKeyFileOptions {
  /** A line without its end unless told; PEM is PKCS#1 and only for RSA. */
  readonly format?: 'openssh' | files.PublicFileFormat;
  /** Only lines and RFC 4716 have one. A private key's own unless told. */
  readonly comment?: string;
}

/** The text of a public key file. @throws KeyError `key-unsupported` when the key has no such form */
export function formatPublicKey(key: AnyKey, options: PublicKeyFileOptions = {}): string {
  const { format = 'openssh', comment = 'publicKey' in key ? key.comment : '' } = options;
  const half = publicHalfOf(key);
  // A line is one line, whatever somebody called a key.
  if (format === 'openssh') return formatPublicLine(half, comment.replaceAll(/[\r\n]/g, ' '));
  const { blob } = format === 'RFC4716' ? half : plainKeyOf(key);
  const text = files.encodePublicFile({ blob, parts: plainKeyOf(key).parts }, format, comment);
  if (text === undefined) throw new KeyError('key-unsupported', `a key of type ${half.type} has no ${format}`);
  return text;
}

export type FingerprintDigest = 'sha256' | 'sha1' | 'sha384' | 'sha512' | 'md5';

/** `SHA256:…` as OpenSSH prints it; of a certificate that of the certified key. MD5 is `MD5:` and pairs of digits. */
export function fingerprint(key: AnyKey, digest: FingerprintDigest = 'sha256'): string {
  return prints.fingerprint(createCryptoProvider(), plainKeyOf(key), digest);
}

/** The picture of a fingerprint, eleven lines joined by newlines. */
export function randomart(key: AnyKey, digest: FingerprintDigest = 'sha256'): string {
  return art.randomart(createCryptoProvider(), plainKeyOf(key), digest).join('\n');
}

/** SSHFP records of a host key as lines of a zone file, SHA-1 and SHA-256; none for types without a number. */
export function sshfpLines(host: string, key: AnyKey): string[] {
  return sshfpRecords(createCryptoProvider(), plainKeyOf(key)).map((record) => formatSshfp(host, record));
}
