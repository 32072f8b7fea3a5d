// The algorithm names that this suite knows and prefers, from the tables of algorithms, in the shape in which
// configuration is read. One place for -Q, -G, -T and the proposals.

import { cipherOrderWithAesHardware, ciphers } from '../algorithms/ciphers.ts';
import { compressions } from '../algorithms/compressions.ts';
import { keyExchanges } from '../algorithms/key-exchanges.ts';
import { macs } from '../algorithms/macs.ts';
import type { Role } from '../algorithms/roles.ts';
import { defaultNames } from '../algorithms/roles.ts';
import {
  certificateSignatureAlgorithms,
  defaultCertificateAlgorithms,
  defaultSignatureAlgorithms,
  signatureAlgorithms,
} from '../algorithms/signatures.ts';
import type { AlgorithmFamily, AlgorithmNames, FamilyNames } from './keyword.ts';

// What OpenSSH 9.2 to 10.5 know beside the names of our tables; those that we learn leave these lists by themselves.
const plainTypes = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];
const securityKeyTypes = ['sk-ssh-ed25519', 'sk-ecdsa-sha2-nistp256', 'webauthn-sk-ecdsa-sha2-nistp256'];
const opensshNames: Readonly<Record<AlgorithmFamily, readonly string[]>> = {
  ciphers: ['3des-cbc', 'aes128-cbc', 'aes192-cbc', 'aes256-cbc'],
  macs: ['umac-64', 'umac-128', 'hmac-sha1', 'hmac-sha1-96', 'hmac-md5', 'hmac-md5-96'].flatMap((name) => [
    name.startsWith('umac') ? `${name}@openssh.com` : name,
    `${name}-etm@openssh.com`,
  ]),
  keyExchanges: [
    'mlkem768nistp256-sha256',
    'sntrup761x25519-sha512',
    'sntrup761x25519-sha512@openssh.com',
    'diffie-hellman-group-exchange-sha256',
    'diffie-hellman-group16-sha512',
    'diffie-hellman-group18-sha512',
    'diffie-hellman-group-exchange-sha1',
    'diffie-hellman-group14-sha1',
    'diffie-hellman-group1-sha1',
  ],
  signatures: [
    ...[...plainTypes, 'rsa-sha2-256', 'rsa-sha2-512', 'ssh-dss'].map((name) => `${name}-cert-v01@openssh.com`),
    ...securityKeyTypes.flatMap((name) => [`${name}@openssh.com`, `${name}-cert-v01@openssh.com`]),
    'ssh-mldsa44-ed25519@openssh.com',
    'ssh-mldsa44-ed25519-cert-v01@openssh.com',
    'ssh-dss',
  ],
  caSignatures: [
    ...securityKeyTypes.map((name) => `${name}@openssh.com`),
    'ssh-dss',
    'ssh-mldsa44-ed25519@openssh.com',
  ],
};

const names = (rows: readonly { readonly name: string }[]): readonly string[] => rows.map(({ name }) => name);

/** What one side knows and offers when nothing else is configured. */
export function ownAlgorithms(role: Role): AlgorithmNames {
  const family = (which: AlgorithmFamily, known: readonly string[], defaults: readonly string[]): FamilyNames => {
    return { known, defaults, foreign: opensshNames[which].filter((name) => !known.includes(name)) };
  };
  const plain = names(signatureAlgorithms);
  const all = [...names(certificateSignatureAlgorithms), ...plain];
  return {
    ciphers: family(
      'ciphers',
      names(ciphers),
      role === 'client' ? cipherOrderWithAesHardware : defaultNames(ciphers, role),
    ),
    macs: family('macs', names(macs), defaultNames(macs, role)),
    keyExchanges: family('keyExchanges', names(keyExchanges), defaultNames(keyExchanges, role)),
    signatures: family('signatures', all, [...defaultCertificateAlgorithms, ...defaultSignatureAlgorithms]),
    caSignatures: family('caSignatures', plain, defaultSignatureAlgorithms),
  };
}

const keyTypes = (rows: readonly { readonly keyType: string }[]): readonly string[] => [
  ...new Set(rows.map(({ keyType }) => keyType)),
];

/** Who asks for plain types wants those that log in without a word in the configuration, OpenSSH's tests among them. */
const isOnByDefault = (keyType: string): boolean =>
  signatureAlgorithms.some((row) => row.keyType === keyType && row.availability === 'default');

// Names of `-Q`, with those keywords that may stand for them.
const queries: Readonly<Record<string, () => readonly string[]>> = {
  cipher: () => names(ciphers),
  'cipher-auth': () => ciphers.filter(({ tagBytes }) => tagBytes > 0).map(({ name }) => name),
  compression: () => names(compressions),
  kex: () => names(keyExchanges),
  key: () => [...keyTypes(signatureAlgorithms), ...keyTypes(certificateSignatureAlgorithms)],
  'key-cert': () => keyTypes(certificateSignatureAlgorithms),
  'key-plain': () => keyTypes(signatureAlgorithms.filter(({ keyType }) => isOnByDefault(keyType))),
  'key-ca-sign': () => names(signatureAlgorithms),
  'key-sig': () => [...names(signatureAlgorithms), ...names(certificateSignatureAlgorithms)],
  mac: () => names(macs),
  'protocol-version': () => ['2'],
  sig: () => names(signatureAlgorithms),
};

const queryAliases: Readonly<Record<string, string>> = {
  casignaturealgorithms: 'key-ca-sign',
  ciphers: 'cipher',
  hostbasedacceptedalgorithms: 'key-sig',
  hostbasedacceptedkeytypes: 'key-sig',
  hostbasedkeytypes: 'key-sig',
  hostkeyalgorithms: 'key-sig',
  kexalgorithms: 'kex',
  macs: 'mac',
  pubkeyacceptedalgorithms: 'key-sig',
  pubkeyacceptedkeytypes: 'key-sig',
};

/** What `ssh -Q` prints for a query, one name a line; undefined for a query that does not exist. */
export function queryNames(query: string): readonly string[] | undefined {
  if (query === 'help') return Object.keys(queries);
  const name = queryAliases[query.toLowerCase()] ?? query;
  return queries[name]?.();
}
