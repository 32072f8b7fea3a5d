// What a server is made of: keys, who may log in, what it does
// for those who have, and its limits.

import type { Certificate } from '@sallyport/protocol/keys/certificate';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { AlgorithmPreferences, RekeyLimits } from '@sallyport/protocol/transport/options';

import type { Exit } from '../client/command-result.ts';
import type { LoginPolicy } from './policy.ts';
import type { Peer, ServerSession } from './server-session.ts';

/**
 * Runs what a client asks for. The session ends with what it returns: a status, an Exit, nothing for 0; or it has
 * called `session.exit()`. A throw is reported to `onError` and ends the session with status 1.
 */
export type SessionHandler = (session: ServerSession) => SessionEnd | Promise<SessionEnd>;

export type SessionEnd = number | Exit | undefined | void;

/** A connection that a client wants made for it (direct-tcpip). */
export interface DialRequest {
  readonly host: string;
  readonly port: number;
  readonly peer: Peer;
}

export interface ServerLimits {
  /** Connections at a time; more are closed at once. 1000 unless told. */
  readonly connections?: number;
  /** Connections at a time that have not logged in. 100 unless told. */
  readonly startups?: number;
  /** Milliseconds that a client has to log in. 120 s unless told. */
  readonly loginGraceMs?: number;
  /** Failed attempts after which a connection ends. 6 unless told. */
  readonly attempts?: number;
  /** Channels of one connection. 100 unless told. */
  readonly channels?: number;
}

export interface ServerOptions {
  /** At least one; of each type the first is used. */
  readonly hostKeys: readonly PrivateKey[];
  /** Host certificates of those keys, as lines of `-cert.pub` files or what createCertificate() made. */
  readonly hostCertificates?: readonly (string | Certificate)[];
  readonly login: LoginPolicy;
  /** Shells, commands and subsystems; without it sessions are refused. */
  readonly session?: SessionHandler;
  /** Whether to connect to where a client wants; only true allows. Without it nobody may. */
  readonly dial?: (request: DialRequest) => boolean | Promise<boolean>;
  /** Sent before authentication. */
  readonly banner?: string;
  readonly limits?: ServerLimits;
  /** Names in order of preference, instead of the library's. */
  readonly algorithms?: Partial<AlgorithmPreferences>;
  readonly rekeyLimits?: RekeyLimits;
  /** Gets what the application's functions threw, and why connections ended that did not end well. */
  readonly onError?: (error: unknown) => void;
}
