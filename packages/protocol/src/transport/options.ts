// What a Transport is made of: its role, its identification, its preferences and limits. Plain data and the provider.
// Nothing here has a default; defaults are the business of whoever builds one.

import type { CompressionProvider } from '../algorithms/compression-provider.ts';
import type { CryptoProvider } from '../algorithms/crypto-provider.ts';
import type { Role } from '../algorithms/roles.ts';
import type { LogSink } from '../log/log.ts';

export type { Role } from '../algorithms/roles.ts';

/** Names in order of preference, without the pseudo-algorithms, which the transport adds. */
export interface AlgorithmPreferences {
  readonly keyExchanges: readonly string[];
  readonly hostKeyAlgorithms: readonly string[];
  readonly ciphers: readonly string[];
  readonly macs: readonly string[];
  /** With `zlib@openssh.com` in front everything after authentication is compressed where the peer can. */
  readonly compressions: readonly string[];
}

export interface RekeyLimits {
  /** Bytes in either direction after which keys are exchanged; undefined = the cipher's own limit. */
  readonly bytes?: number;
  /** Milliseconds after which keys are exchanged; undefined = never by time. */
  readonly intervalMs?: number;
}

/** A host key the server can use: the algorithms it can sign with are offered if the preferences name them. */
export interface OfferedHostKey {
  readonly algorithms: readonly string[];
  readonly blob: Uint8Array;
}

export interface TransportOptions {
  readonly role: Role;
  readonly crypto: CryptoProvider;
  /** Our identification line without CR LF, such as `SSH-2.0-Sallyport_0.1`. */
  readonly identification: string;
  readonly preferences: AlgorithmPreferences;
  /** Needed when `preferences` name a method of compression. */
  readonly compression?: CompressionProvider;
  readonly rekeyLimits?: RekeyLimits;
  /** Server only. */
  readonly hostKeys?: readonly OfferedHostKey[];
  /** Monotonic milliseconds at the start; the owner tells the time by expire(). */
  readonly now: number;
  readonly log?: LogSink;
}
