// The table of ciphers in OpenSSH's order of preference: from it come the proposals, `-Q cipher`, the lists of
// `Ciphers`, the hand-over tests and the benchmark.

import type { CryptoProvider } from './crypto-provider.ts';
import {
  ChachaPolyPackets,
  CtrPackets,
  GcmPackets,
  type PacketCipher,
  type PacketCipherKeys,
} from './packet-cipher.ts';
import { type AlgorithmRow, bothRoles } from './roles.ts';

export interface CipherRow extends AlgorithmRow {
  readonly keyBytes: number;
  readonly ivBytes: number;
  readonly blockBytes: number;
  /** Of the cipher's own tag; 0: a MAC is negotiated beside it. */
  readonly tagBytes: number;
  readonly create: (crypto: CryptoProvider, keys: PacketCipherKeys) => PacketCipher;
}

const ctr: CipherRow['create'] = (crypto, keys) => new CtrPackets(crypto, keys);
const gcm: CipherRow['create'] = (crypto, keys) => new GcmPackets(crypto, keys);

export const ciphers = [
  {
    name: 'chacha20-poly1305@openssh.com',
    keyBytes: 64,
    ivBytes: 0,
    blockBytes: 8,
    tagBytes: 16,
    defaultFor: bothRoles,
    reference: 'PROTOCOL section 1.7',
    create: (crypto, keys) => new ChachaPolyPackets(crypto, keys),
  },
  {
    name: 'aes128-gcm@openssh.com',
    keyBytes: 16,
    ivBytes: 12,
    blockBytes: 16,
    tagBytes: 16,
    defaultFor: bothRoles,
    reference: 'PROTOCOL section 1.6',
    create: gcm,
  },
  {
    name: 'aes256-gcm@openssh.com',
    keyBytes: 32,
    ivBytes: 12,
    blockBytes: 16,
    tagBytes: 16,
    defaultFor: bothRoles,
    reference: 'PROTOCOL section 1.6',
    create: gcm,
  },
  {
    name: 'aes128-ctr',
    keyBytes: 16,
    ivBytes: 16,
    blockBytes: 16,
    tagBytes: 0,
    defaultFor: bothRoles,
    reference: 'RFC 4344 section 4',
    create: ctr,
  },
  {
    name: 'aes192-ctr',
    keyBytes: 24,
    ivBytes: 16,
    blockBytes: 16,
    tagBytes: 0,
    defaultFor: bothRoles,
    reference: 'RFC 4344 section 4',
    create: ctr,
  },
  {
    name: 'aes256-ctr',
    keyBytes: 32,
    ivBytes: 16,
    blockBytes: 16,
    tagBytes: 0,
    defaultFor: bothRoles,
    reference: 'RFC 4344 section 4',
    create: ctr,
  },
] as const satisfies readonly CipherRow[];

export type CipherName = (typeof ciphers)[number]['name'];

/** What our own client prefers on a machine with AES instructions (decision record 0012). */
export const cipherOrderWithAesHardware: readonly CipherName[] = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'chacha20-poly1305@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
];

export function findCipher(name: string): CipherRow | undefined {
  return ciphers.find((row) => row.name === name);
}
