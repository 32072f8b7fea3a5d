// Signature algorithms (RFC 4253 section 6.6, RFC 5656, RFC 8332, RFC 8709) in the order in which OpenSSH 10.5 offers
// them. A row names the key type whose keys make such signatures and the digest. `ssh-rsa` signs with SHA-1: it is
// offered, made and accepted only where somebody put its name into a list; so is ML-DSA with Ed25519, which is young.
// Each algorithm has a twin for certificates (PROTOCOL.certkeys), which promises a certificate as key and signs as the
// plain algorithm does.

import type { DigestName } from './crypto-provider.ts';

export interface SignatureAlgorithm {
  readonly name: string;
  /** The name in signature blobs: the plain algorithm's own, also where the key is a certificate. */
  readonly signatureName: string;
  /** The type name that begins the public key blob. */
  readonly keyType: string;
  /** What is signed is the digest of the data; Ed25519, alone or with ML-DSA, hashes by itself. */
  readonly digest: DigestName;
  /** 'available': only where a user's list names it, never by our own choice. */
  readonly availability: 'default' | 'available';
}

const plainRows = [
  { name: 'ssh-ed25519', keyType: 'ssh-ed25519', digest: 'sha512', availability: 'default' },
  { name: 'ecdsa-sha2-nistp256', keyType: 'ecdsa-sha2-nistp256', digest: 'sha256', availability: 'default' },
  { name: 'ecdsa-sha2-nistp384', keyType: 'ecdsa-sha2-nistp384', digest: 'sha384', availability: 'default' },
  { name: 'ecdsa-sha2-nistp521', keyType: 'ecdsa-sha2-nistp521', digest: 'sha512', availability: 'default' },
  {
    name: 'sk-ssh-ed25519@openssh.com',
    keyType: 'sk-ssh-ed25519@openssh.com',
    digest: 'sha512',
    availability: 'default',
  },
  {
    name: 'sk-ecdsa-sha2-nistp256@openssh.com',
    keyType: 'sk-ecdsa-sha2-nistp256@openssh.com',
    digest: 'sha256',
    availability: 'default',
  },
  {
    name: 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com',
    keyType: 'sk-ecdsa-sha2-nistp256@openssh.com',
    digest: 'sha256',
    availability: 'default',
  },
  { name: 'rsa-sha2-512', keyType: 'ssh-rsa', digest: 'sha512', availability: 'default' },
  { name: 'rsa-sha2-256', keyType: 'ssh-rsa', digest: 'sha256', availability: 'default' },
  { name: 'ssh-rsa', keyType: 'ssh-rsa', digest: 'sha1', availability: 'available' },
  {
    name: 'ssh-mldsa44-ed25519@openssh.com',
    keyType: 'ssh-mldsa44-ed25519@openssh.com',
    digest: 'sha512',
    availability: 'available',
  },
] as const satisfies readonly Omit<SignatureAlgorithm, 'signatureName'>[];

/** The algorithms of plain keys. */
export const signatureAlgorithms: readonly SignatureAlgorithm[] = plainRows.map((row) => ({
  ...row,
  signatureName: row.name,
}));

/** Their twins for certificates, in the same order. */
export const certificateSignatureAlgorithms: readonly SignatureAlgorithm[] = signatureAlgorithms.map((row) => ({
  ...row,
  name: certificateNameOf(row.name),
  keyType: certificateNameOf(row.keyType),
}));

/** The name for certificates of a plain key type or signature algorithm: `ssh-ed25519-cert-v01@openssh.com`. */
export function certificateNameOf(plain: string): string {
  return `${plain.replace(/@openssh\.com$/, '')}-cert-v01@openssh.com`;
}

const defaultNamesOf = (rows: readonly SignatureAlgorithm[]): readonly string[] =>
  rows.filter((row) => row.availability === 'default').map((row) => row.name);

/** The names for plain keys that are offered by default, in order. */
export const defaultSignatureAlgorithms: readonly string[] = defaultNamesOf(signatureAlgorithms);

/** The names for certificates that are offered by default, in order; they stand before those for plain keys. */
export const defaultCertificateAlgorithms: readonly string[] = defaultNamesOf(certificateSignatureAlgorithms);

const rowOfName = new Map([...signatureAlgorithms, ...certificateSignatureAlgorithms].map((row) => [row.name, row]));

/** The row of a name, for plain keys or certificates; undefined when unknown. */
export function signatureAlgorithm(name: string): SignatureAlgorithm | undefined {
  return rowOfName.get(name);
}

/**
 * The algorithms that we choose for a key or certificate of this type, best first; none for an unknown type. Those that
 * are not offered by default are among them only where the type has no other.
 */
export function signatureAlgorithmsOf(keyType: string): readonly SignatureAlgorithm[] {
  const own = [...rowOfName.values()].filter((row) => row.keyType === keyType);
  const chosen = own.filter((row) => row.availability === 'default');
  return chosen.length > 0 ? chosen : own;
}
