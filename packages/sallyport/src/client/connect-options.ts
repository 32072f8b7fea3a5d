// What connect() takes, and what it makes of it before anything is
// opened: names and defaults in their places.

import { userInfo } from 'node:os';
import type { Duplex } from 'node:stream';

import type { AlgorithmPreferences, RekeyLimits } from '@sallyport/protocol/transport/options';

import type { CallOptions } from '../cancellation.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import type { CertifiedKey, Identity, KeyOfUser } from '../keys/identity.ts';
import { agentIdentities, defaultIdentities, identitiesOf } from '../keys/identity.ts';
import type { Challenge, VouchingHost } from './authentication.ts';
import type { Client } from './client.ts';
import { parseDestination } from './destination.ts';
import type { DialedStream } from './dialed-stream.ts';
import type { HostKeyOptions } from './host-key-policy.ts';
import type { KeepAlive } from './session.ts';

export interface HostbasedOptions {
  /** Host keys, as `identities`; a certificate goes with a key there, too. */
  readonly identities: readonly (KeyOfUser | CertifiedKey)[];
  /** The full name of this machine, as the server knows it. */
  readonly host: string;
  /** The account that runs this process unless told. */
  readonly user?: string;
}

export interface ConnectOptions extends CallOptions, HostKeyOptions {
  readonly host: string;
  /** 22 unless told. */
  readonly port?: number | undefined;
  /** The account that runs this process unless told. */
  readonly user?: string | undefined;
  /** Go through another connection, or use this stream instead of a TCP connection. */
  readonly via?: Client | DialedStream | Duplex | ByteStream;
  /**
   * Private keys, paths of unencrypted key files, or whatever signs, each alone or with a certificate. The certificate
   * in `PATH-cert.pub` goes with the key in PATH. The user's default files unless told.
   */
  readonly identities?: readonly (KeyOfUser | CertifiedKey)[];
  /** Path of an agent's socket; `$SSH_AUTH_SOCK` unless told; false for none. */
  readonly agent?: string | false;
  /** This machine's host keys vouch for its user, for a program that may read them (RFC 4252 section 9). */
  readonly hostbased?: HostbasedOptions;
  readonly password?: string | (() => string | Promise<string>);
  /** Answers the questions of keyboard-interactive, one string a prompt. */
  readonly keyboardInteractive?: (challenge: Challenge) => readonly string[] | Promise<readonly string[]>;
  /** Gets the server's text from before authentication, unescaped. */
  readonly onBanner?: (text: string) => void;
  /** Every 30 s, given up after 3 without an answer, unless told. */
  readonly keepAlive?: KeepAlive | false;
  /** Names in order of preference, instead of the library's. */
  readonly algorithms?: Partial<AlgorithmPreferences>;
  readonly rekeyLimits?: RekeyLimits;
}

export type ConnectSettings = ConnectOptions & { readonly port: number; readonly user: string };

const defaultPort = 22;

/** Options over destination over defaults. Throws TypeError for what is no destination. */
export function settle(destination: string | ConnectOptions, options: Partial<ConnectOptions>): ConnectSettings {
  const parsed = typeof destination === 'string' ? parseDestination(destination) : destination;
  const { host, port, user, ...rest } = { ...parsed, ...options };
  return { ...rest, host, port: port ?? defaultPort, user: user ?? userInfo().username };
}

/** What there is to prove who we are with: given keys, then the agent's, then the default files. */
export async function gatherIdentities(settings: ConnectSettings): Promise<Identity[]> {
  const given = await Promise.all((settings.identities ?? []).map(identitiesOf));
  const agentPath = settings.agent ?? process.env['SSH_AUTH_SOCK'];
  const fromAgent = agentPath === undefined || agentPath === false ? [] : await agentIdentities(agentPath);
  const defaults = settings.identities === undefined ? await defaultIdentities() : [];
  return [...given.flat(), ...fromAgent, ...defaults];
}

/** The host that vouches for us, if one is to. */
export async function gatherVouchingHost({ hostbased }: ConnectSettings): Promise<VouchingHost | undefined> {
  if (hostbased === undefined) return undefined;
  const { identities, host, user = userInfo().username } = hostbased;
  const found = await Promise.all(identities.map(identitiesOf));
  return { identities: found.flat(), name: host.replace(/\.$/, ''), user };
}
