// SSHFP resource records (RFC 4255 section 3.1; algorithm numbers of RFC 4255, RFC 6594 and RFC 7479): fingerprints
// of host keys for the DNS, in the text form of zone files and in the generic one of RFC 3597.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { hexEncode } from '../../wire/base64.ts';
import type { PublicKey } from '../public-key.ts';

const sshfpDigests = { sha1: 1, sha256: 2 } as const;
export type SshfpDigest = keyof typeof sshfpDigests;

/** The digest of a name in any case; undefined when records know none of it. */
export function sshfpDigest(name: string): SshfpDigest | undefined {
  return (Object.keys(sshfpDigests) as SshfpDigest[]).find((known) => known === name.toLowerCase());
}

/** By the kind of a key; others have no number. */
const algorithmNumbers: Readonly<Record<string, number>> = { rsa: 1, dsa: 2, ecdsa: 3, ed25519: 4 };

export interface SshfpRecord {
  readonly algorithm: number;
  readonly digestType: number;
  readonly fingerprint: Uint8Array;
}

/** One record a digest; none for a key type without a number. */
export function sshfpRecords(
  crypto: CryptoProvider,
  key: PublicKey,
  digests: readonly SshfpDigest[] = ['sha1', 'sha256'],
): SshfpRecord[] {
  const algorithm = algorithmNumbers[key.parts.kind];
  if (algorithm === undefined) return [];
  return digests.map((name) => {
    return { algorithm, digestType: sshfpDigests[name], fingerprint: crypto.digest(name, key.blob) };
  });
}

/** A line of a zone file without its end; `generic` for servers that do not know the type. */
export function formatSshfp(name: string, record: SshfpRecord, generic = false): string {
  const { algorithm, digestType, fingerprint } = record;
  const digits = hexEncode(fingerprint);
  if (!generic) return `${name} IN SSHFP ${algorithm} ${digestType} ${digits}`;
  const head = hexEncode(Uint8Array.of(algorithm, digestType));
  return `${name} IN TYPE44 \\# ${2 + fingerprint.length} ${head.slice(0, 2)} ${head.slice(2)} ${digits}`;
}
