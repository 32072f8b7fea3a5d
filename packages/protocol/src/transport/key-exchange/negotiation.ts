// What two KEXINIT messages agree on (RFC 4253 section 7.1): of each list the client's first name that the server has,
// too. Pseudo-algorithms are never chosen, and a cipher that authenticates itself needs no MAC (PROTOCOL section 1.6).

import { findCipher } from '../../algorithms/ciphers.ts';
import { findKeyExchange } from '../../algorithms/key-exchanges.ts';
import type { Role } from '../../algorithms/roles.ts';
import { type Failure, failure } from '../../failure/failure.ts';
import type { KexInit } from '../../messages/transport.ts';
import type { NegotiatedAlgorithms } from '../events.ts';

export interface Proposals {
  /** Ours. */
  readonly role: Role;
  readonly own: KexInit;
  readonly peer: KexInit;
}

export interface Agreement {
  readonly algorithms: Omit<NegotiatedAlgorithms, 'strict'>;
  /** The peer sent a first packet for a method that was not chosen; it is to be skipped. */
  readonly wrongGuess: boolean;
}

type ListName = {
  [K in keyof KexInit]: KexInit[K] extends readonly string[] ? K : never;
}[keyof KexInit];

// The words of OpenSSH's `no matching ... found`.
const lists = {
  keyExchanges: 'key exchange method',
  hostKeyAlgorithms: 'host key type',
  ciphersToServer: 'cipher',
  ciphersToClient: 'cipher',
  macsToServer: 'MAC',
  macsToClient: 'MAC',
  compressionsToServer: 'compression method',
  compressionsToClient: 'compression method',
} as const satisfies Partial<Record<ListName, string>>;

/** The agreement, or why there is none: details say `what`, and `ours` and `theirs` in full. */
export function negotiate(proposals: Proposals): Agreement | Failure {
  const { own, peer } = proposals;
  const missing: Failure[] = [];
  const choose = (list: keyof typeof lists): string => {
    const name = firstCommon(proposals, list);
    if (name !== undefined) return name;
    const what = lists[list];
    missing.push(
      failure('no-common-algorithm', `no matching ${what} found`, { what, ours: own[list], theirs: peer[list] }),
    );
    return '';
  };
  const keyExchange = choose('keyExchanges');
  const hostKey = choose('hostKeyAlgorithms');
  const cipherToServer = choose('ciphersToServer');
  const macToServer = authenticatesItself(cipherToServer) ? '' : choose('macsToServer');
  const compressionToServer = choose('compressionsToServer');
  const cipherToClient = choose('ciphersToClient');
  const macToClient = authenticatesItself(cipherToClient) ? '' : choose('macsToClient');
  const compressionToClient = choose('compressionsToClient');
  const [first] = missing;
  if (first !== undefined) return first;
  return {
    algorithms: {
      keyExchange,
      hostKey,
      cipherToServer,
      cipherToClient,
      macToServer,
      macToClient,
      compressionToServer,
      compressionToClient,
    },
    wrongGuess: peer.firstPacketFollows && !guessesAgree(own, peer),
  };
}

function firstCommon({ role, own, peer }: Proposals, list: keyof typeof lists): string | undefined {
  const usable = list === 'keyExchanges' ? own[list].filter((name) => findKeyExchange(name)) : own[list];
  const [clients, servers] = role === 'client' ? [usable, peer[list]] : [peer[list], usable];
  const offered = new Set(servers);
  return clients.find((name) => offered.has(name));
}

function authenticatesItself(cipher: string): boolean {
  return (findCipher(cipher)?.tagBytes ?? 0) > 0;
}

// RFC 4253 section 7: a guess is right when the first names of both lists are the same, key exchange and host key.
function guessesAgree(own: KexInit, peer: KexInit): boolean {
  return own.keyExchanges[0] === peer.keyExchanges[0] && own.hostKeyAlgorithms[0] === peer.hostKeyAlgorithms[0];
}
