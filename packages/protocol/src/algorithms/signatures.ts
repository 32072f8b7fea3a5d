// Signature algorithms (RFC 4253 section 6.6, RFC 5656, RFC 8332, RFC 8709) in the order in which OpenSSH 10.5 offers
// them. A row names the key type whose keys make such signatures and the digest. `ssh-rsa` signs with SHA-1: it is
// known so that it can be named in lists and messages, and is never made nor accepted.

import type { DigestName } from './crypto-provider.ts';

export interface SignatureAlgorithm {
  readonly name: string;
  /** The type name that begins the public key blob. */
  readonly keyType: string;
  /** What is signed is the digest of the data; Ed25519 hashes by itself. */
  readonly digest: DigestName;
  /** 'known': named only, refused when it comes to signing or verifying. */
  readonly availability: 'default' | 'known';
}

export const signatureAlgorithms = [
  { name: 'ssh-ed25519', keyType: 'ssh-ed25519', digest: 'sha512', availability: 'default' },
  { name: 'ecdsa-sha2-nistp256', keyType: 'ecdsa-sha2-nistp256', digest: 'sha256', availability: 'default' },
  { name: 'ecdsa-sha2-nistp384', keyType: 'ecdsa-sha2-nistp384', digest: 'sha384', availability: 'default' },
  { name: 'ecdsa-sha2-nistp521', keyType: 'ecdsa-sha2-nistp521', digest: 'sha512', availability: 'default' },
  { name: 'rsa-sha2-512', keyType: 'ssh-rsa', digest: 'sha512', availability: 'default' },
  { name: 'rsa-sha2-256', keyType: 'ssh-rsa', digest: 'sha256', availability: 'default' },
  { name: 'ssh-rsa', keyType: 'ssh-rsa', digest: 'sha1', availability: 'known' },
] as const satisfies readonly SignatureAlgorithm[];

export type SignatureAlgorithmName = (typeof signatureAlgorithms)[number]['name'];

/** The names offered by default, in order. */
export const defaultSignatureAlgorithms: readonly string[] = signatureAlgorithms
  .filter((row) => row.availability === 'default')
  .map((row) => row.name);

/** The row of a name; undefined when unknown. The caller looks at `availability`. */
export function signatureAlgorithm(name: string): SignatureAlgorithm | undefined {
  return signatureAlgorithms.find((row) => row.name === name);
}

/** The algorithms that a key of this type may sign with, best first; none for an unknown type. */
export function signatureAlgorithmsOf(keyType: string): readonly SignatureAlgorithm[] {
  return signatureAlgorithms.filter((row) => row.keyType === keyType && row.availability === 'default');
}
