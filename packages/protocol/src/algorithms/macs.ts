// The table of MACs (RFC 4253 section 6.4, RFC 6668) in OpenSSH's order of preference. A cipher that authenticates
// itself ignores them.

import type { DigestName } from './crypto-provider.ts';
import { digests } from './digests.ts';
import { type AlgorithmRow, bothRoles } from './roles.ts';

export interface MacRow extends AlgorithmRow {
  readonly digest: DigestName;
  readonly keyBytes: number;
  readonly tagBytes: number;
  /** The tag covers the ciphertext, and the packet length stays readable (PROTOCOL section 1.5). */
  readonly encryptThenMac: boolean;
}

export const macs = [
  {
    name: 'hmac-sha2-256-etm@openssh.com',
    digest: 'sha256',
    keyBytes: digests.sha256.lengthBytes,
    tagBytes: digests.sha256.lengthBytes,
    encryptThenMac: true,
    defaultFor: bothRoles,
    reference: 'PROTOCOL section 1.5',
  },
  {
    name: 'hmac-sha2-512-etm@openssh.com',
    digest: 'sha512',
    keyBytes: digests.sha512.lengthBytes,
    tagBytes: digests.sha512.lengthBytes,
    encryptThenMac: true,
    defaultFor: bothRoles,
    reference: 'PROTOCOL section 1.5',
  },
  {
    name: 'hmac-sha2-256',
    digest: 'sha256',
    keyBytes: digests.sha256.lengthBytes,
    tagBytes: digests.sha256.lengthBytes,
    encryptThenMac: false,
    defaultFor: bothRoles,
    reference: 'RFC 6668 section 2',
  },
  {
    name: 'hmac-sha2-512',
    digest: 'sha512',
    keyBytes: digests.sha512.lengthBytes,
    tagBytes: digests.sha512.lengthBytes,
    encryptThenMac: false,
    defaultFor: bothRoles,
    reference: 'RFC 6668 section 2',
  },
] as const satisfies readonly MacRow[];

export type MacName = (typeof macs)[number]['name'];

export function findMac(name: string): MacRow | undefined {
  return macs.find((row) => row.name === name);
}
