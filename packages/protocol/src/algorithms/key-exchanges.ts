// The table of key exchange methods in OpenSSH's order of preference. What a row's family does with its parameters is
// in transport/key-exchange/methods.

import type { CurveName, DigestName } from './crypto-provider.ts';
import { type AlgorithmRow, bothRoles, onlyClient } from './roles.ts';

export type KeyExchangeParameters =
  | { readonly family: 'ecdh'; readonly curve: 'x25519' | CurveName }
  | { readonly family: 'mlkem-hybrid' }
  | { readonly family: 'finite-field'; readonly group: 'group14' };

export interface KeyExchangeRow extends AlgorithmRow {
  /** Hashes the exchange and derives the keys. */
  readonly digest: DigestName;
  readonly parameters: KeyExchangeParameters;
}

export const keyExchanges = [
  {
    name: 'mlkem768x25519-sha256',
    digest: 'sha256',
    parameters: { family: 'mlkem-hybrid' },
    defaultFor: bothRoles,
    reference: 'draft-ietf-sshm-mlkem-hybrid-kex section 2',
  },
  {
    name: 'curve25519-sha256',
    digest: 'sha256',
    parameters: { family: 'ecdh', curve: 'x25519' },
    defaultFor: bothRoles,
    reference: 'RFC 8731 section 3',
  },
  {
    name: 'curve25519-sha256@libssh.org',
    digest: 'sha256',
    parameters: { family: 'ecdh', curve: 'x25519' },
    defaultFor: bothRoles,
    reference: 'PROTOCOL section 1.8',
  },
  {
    name: 'ecdh-sha2-nistp256',
    digest: 'sha256',
    parameters: { family: 'ecdh', curve: 'nistp256' },
    defaultFor: bothRoles,
    reference: 'RFC 5656 section 6.3',
  },
  {
    name: 'ecdh-sha2-nistp384',
    digest: 'sha384',
    parameters: { family: 'ecdh', curve: 'nistp384' },
    defaultFor: bothRoles,
    reference: 'RFC 5656 section 6.3',
  },
  {
    name: 'ecdh-sha2-nistp521',
    digest: 'sha512',
    parameters: { family: 'ecdh', curve: 'nistp521' },
    defaultFor: bothRoles,
    reference: 'RFC 5656 section 6.3',
  },
  {
    name: 'diffie-hellman-group14-sha256',
    digest: 'sha256',
    parameters: { family: 'finite-field', group: 'group14' },
    defaultFor: onlyClient,
    reference: 'RFC 8268 section 3',
  },
] as const satisfies readonly KeyExchangeRow[];

export type KeyExchangeName = (typeof keyExchanges)[number]['name'];

export function findKeyExchange(name: string): KeyExchangeRow | undefined {
  return keyExchanges.find((row) => row.name === name);
}
