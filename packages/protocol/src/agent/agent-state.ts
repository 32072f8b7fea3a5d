// What the connections of an agent share: its keys, its lock, the time as its owner last told it, and what the owner
// lends.

import type { CryptoProvider, DigestName } from '../algorithms/crypto-provider.ts';
import type { LogSink } from '../log/log.ts';
import type { AgentLock } from './agent-lock.ts';
import type { IdentityStore } from './identity-store.ts';

export interface AgentEngineOptions {
  readonly crypto: CryptoProvider;
  readonly log: LogSink;
  /** Seconds since 1970, for the validity of host certificates in destination constraints. */
  readonly unixTime: () => number;
  /** Lifetime of keys that are added without one. */
  readonly lifetimeSeconds?: number | undefined;
  /** Of the fingerprints in questions; SHA-256 unless told. */
  readonly fingerprintDigest?: DigestName | undefined;
  /** Libraries of tokens are loaded for connections of other hosts, too. */
  readonly allowsRemoteTokens?: boolean | undefined;
  /** Applications whose FIDO keys sign anything, as a pattern list; `ssh:*` unless told. */
  readonly websafeApplications?: string | undefined;
}

export interface AgentState extends AgentEngineOptions {
  readonly store: IdentityStore;
  readonly lock: AgentLock;
  /** Monotonic milliseconds. */
  now: number;
}
