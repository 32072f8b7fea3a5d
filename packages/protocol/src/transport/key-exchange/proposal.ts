// Our KEXINIT (RFC 4253 section 7.1): the preferences, and in the first exchange the pseudo-algorithms that say what we
// can do beside algorithms.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import type { Role } from '../../algorithms/roles.ts';
import type { KexInit } from '../../messages/transport.ts';
import type { AlgorithmPreferences, OfferedHostKey } from '../options.ts';
import { markersOf } from '../strict.ts';

export interface ProposalOptions {
  readonly role: Role;
  readonly preferences: AlgorithmPreferences;
  /** Of a server: only what it has keys for is offered. */
  readonly hostKeys: readonly OfferedHostKey[];
  /** Of the connection: the markers go into its first KEXINIT only. */
  readonly first: boolean;
}

export function makeProposal(crypto: CryptoProvider, options: ProposalOptions): KexInit {
  const { role, preferences, first } = options;
  return {
    cookie: crypto.random(new Uint8Array(16)),
    keyExchanges: first ? [...preferences.keyExchanges, ...markersOf(role)] : preferences.keyExchanges,
    hostKeyAlgorithms: offeredHostKeyAlgorithms(options),
    ciphersToServer: preferences.ciphers,
    ciphersToClient: preferences.ciphers,
    macsToServer: preferences.macs,
    macsToClient: preferences.macs,
    compressionsToServer: preferences.compressions,
    compressionsToClient: preferences.compressions,
    languagesToServer: [],
    languagesToClient: [],
    firstPacketFollows: false,
    reserved: 0,
  };
}

function offeredHostKeyAlgorithms({ role, preferences, hostKeys }: ProposalOptions): readonly string[] {
  if (role === 'client') return preferences.hostKeyAlgorithms;
  const usable = new Set(hostKeys.flatMap((hostKey) => hostKey.algorithms));
  return preferences.hostKeyAlgorithms.filter((name) => usable.has(name));
}
