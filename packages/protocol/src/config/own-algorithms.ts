// The algorithm names that this suite knows and prefers, from the tables of algorithms, in the shape in which
// configuration is read. One place for -Q, -G, -T and the proposals.

import { cipherOrderWithAesHardware, ciphers } from '../algorithms/ciphers.ts';
import { compressions } from '../algorithms/compressions.ts';
import { keyExchanges } from '../algorithms/key-exchanges.ts';
import { macs } from '../algorithms/macs.ts';
import type { Role } from '../algorithms/roles.ts';
import { defaultNames } from '../algorithms/roles.ts';
import { defaultSignatureAlgorithms, signatureAlgorithms } from '../algorithms/signatures.ts';
import type { AlgorithmNames } from './keyword.ts';

const names = (rows: readonly { readonly name: string }[]): readonly string[] => rows.map(({ name }) => name);

/** What one side knows and offers when nothing else is configured. */
export function ownAlgorithms(role: Role): AlgorithmNames {
  const signatures = { known: names(signatureAlgorithms), defaults: defaultSignatureAlgorithms };
  return {
    ciphers: {
      known: names(ciphers),
      defaults: role === 'client' ? cipherOrderWithAesHardware : defaultNames(ciphers, role),
    },
    macs: { known: names(macs), defaults: defaultNames(macs, role) },
    keyExchanges: { known: names(keyExchanges), defaults: defaultNames(keyExchanges, role) },
    signatures,
    caSignatures: signatures,
  };
}

const keyTypes = (): readonly string[] => [...new Set(signatureAlgorithms.map(({ keyType }) => keyType))];

// Names of `-Q`, with those keywords that may stand for them.
const queries: Readonly<Record<string, () => readonly string[]>> = {
  cipher: () => names(ciphers),
  'cipher-auth': () => ciphers.filter(({ tagBytes }) => tagBytes > 0).map(({ name }) => name),
  compression: () => names(compressions),
  kex: () => names(keyExchanges),
  key: keyTypes,
  'key-cert': () => [],
  'key-plain': keyTypes,
  'key-ca-sign': () => defaultSignatureAlgorithms,
  'key-sig': () => defaultSignatureAlgorithms,
  mac: () => names(macs),
  'protocol-version': () => ['2'],
  sig: () => defaultSignatureAlgorithms,
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
