// What a key exchange starts from, and what stays of it for the connection: shared by the exchange, the transport and
// the snapshot.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import type { Role } from '../../algorithms/roles.ts';
import type { NegotiatedAlgorithms } from '../events.ts';
import type { AlgorithmPreferences, OfferedHostKey } from '../options.ts';
import type { PeerMarkers } from '../strict.ts';

export interface ExchangeContext {
  readonly role: Role;
  readonly crypto: CryptoProvider;
  readonly preferences: AlgorithmPreferences;
  readonly hostKeys: readonly OfferedHostKey[];
  /** Lines without CR LF. */
  readonly clientIdentification: Uint8Array;
  readonly serverIdentification: Uint8Array;
  /** Of the exchanges before; undefined in the first one. */
  readonly session: Session | undefined;
  /** Takes lines at debug1. */
  readonly debug: (line: string) => void;
}

/** What stays of the exchanges of a connection. */
export interface Session {
  /** H of the first exchange. */
  readonly sessionId: Uint8Array;
  /** As the owner accepted it. */
  readonly hostKey: Uint8Array;
  readonly algorithms: NegotiatedAlgorithms;
  /** Of the peer's first KEXINIT. */
  readonly markers: PeerMarkers;
}

/** The methods of compression by direction; `role` is ours. */
export function compressionsOf(
  role: Role,
  { compressionToServer, compressionToClient }: NegotiatedAlgorithms,
): { readonly sending: string; readonly receiving: string } {
  return role === 'client'
    ? { sending: compressionToServer, receiving: compressionToClient }
    : { sending: compressionToClient, receiving: compressionToServer };
}
