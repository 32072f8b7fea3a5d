// connect(): from a destination to a Client. It makes the TCP connection (or takes a stream it is given), checks the
// host key, proves who we are, and gives up cleanly at any point.

import type { Socket } from 'node:net';
import { connect as connectTcp } from 'node:net';
import { userInfo } from 'node:os';
import { Duplex } from 'node:stream';

import { createCryptoProvider } from '@sallyport/crypto';
import { failure } from '@sallyport/protocol/failure/failure';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { AlgorithmPreferences, RekeyLimits } from '@sallyport/protocol/transport/options';
import type { CallOptions } from '../cancellation.ts';
import { cancellable } from '../cancellation.ts';
import { libraryIdentification, preferencesOf } from '../defaults.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { socketStream } from '../driver/socket-stream.ts';
import { ConnectionLostError } from '../errors.ts';
import type { Identity } from '../keys/identity.ts';
import { agentIdentities, defaultIdentities, identityOf, readPrivateKey } from '../keys/identity.ts';
import type { Challenge } from './authentication.ts';
import { Authentication } from './authentication.ts';
import { Client } from './client.ts';
import { parseDestination } from './destination.ts';
import { DialedStream } from './dialed-stream.ts';
import type { HostKeyOptions } from './host-key-policy.ts';
import { createHostKeyPolicy } from './host-key-policy.ts';
import type { KeepAlive } from './session.ts';
import { ClientSession } from './session.ts';

export interface ConnectOptions extends CallOptions, HostKeyOptions {
  readonly host: string;
  /** 22 unless told. */
  readonly port?: number;
  /** The account that runs this process unless told. */
  readonly user?: string;
  /** Go through another connection, or use this stream instead of a TCP connection. */
  readonly via?: Client | DialedStream | Duplex | ByteStream;
  /** Private keys, paths of unencrypted key files, or whatever signs. The user's default files unless told. */
  readonly identities?: readonly (Identity | PrivateKey | string)[];
  /** Path of an agent's socket; `$SSH_AUTH_SOCK` unless told; false for none. */
  readonly agent?: string | false;
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

const defaultPort = 22;
/** For the whole of connect(), TCP to authentication. */
const defaultTimeoutMs = 60_000;
const defaultKeepAlive: KeepAlive = { intervalMs: 30_000, count: 3 };

/**
 * Connects and authenticates. `destination` is `host`, `user@host`, `user@host:port` or `ssh://…`; options go first
 * where both say something. `timeoutMs` covers all of it (60 s unless told), `signal` too. Rejects with HostKeyError,
 * AuthenticationError, NegotiationError, ConnectionLostError (its cause tells why), TimeoutError, AbortedError or
 * ProtocolError; then nothing stays open.
 */
export async function connect(
  destination: string | ConnectOptions,
  options: Partial<ConnectOptions> = {},
): Promise<Client> {
  const settings = settle(destination, options);
  let stop = (): void => undefined;
  const call = { signal: settings.signal, timeoutMs: settings.timeoutMs ?? defaultTimeoutMs };
  return await cancellable(
    call,
    () =>
      establish(settings, (how) => {
        stop = how;
      }),
    () => stop(),
  );
}

type Settings = ConnectOptions & { readonly port: number; readonly user: string };

function settle(destination: string | ConnectOptions, options: Partial<ConnectOptions>): Settings {
  const parsed = typeof destination === 'string' ? parseDestination(destination) : destination;
  const { host, port, user, ...rest } = { ...parsed, ...options };
  return { ...rest, host, port: port ?? defaultPort, user: user ?? userInfo().username };
}

/** Tells `onStart` how to stop what was begun, each time that changes. */
async function establish(settings: Settings, onStart: (stop: () => void) => void): Promise<Client> {
  const crypto = createCryptoProvider();
  const [stream, identities, hostKeys] = await Promise.all([
    openStream(settings, onStart),
    gatherIdentities(settings),
    createHostKeyPolicy(crypto, { host: settings.host, port: settings.port }, settings),
  ]);
  const { password, keyboardInteractive, keepAlive = defaultKeepAlive } = settings;
  const session = new ClientSession(stream, {
    crypto,
    identification: libraryIdentification,
    user: settings.user,
    preferences: preferencesOf('client', { hostKeyAlgorithms: hostKeys.hostKeyAlgorithms, ...settings.algorithms }),
    rekeyLimits: settings.rekeyLimits,
    hostKeys,
    authentication: new Authentication({
      crypto,
      identities,
      password: typeof password === 'string' ? () => password : password,
      keyboardInteractive,
    }),
    onBanner: settings.onBanner,
    keepAlive: keepAlive === false ? undefined : keepAlive,
  });
  onStart(() => session.fail(new ConnectionLostError('aborted', 'given up', {}), failure('aborted')));
  session.start();
  await session.ready;
  return new Client(session, settings.user);
}

async function openStream(settings: Settings, onStart: (stop: () => void) => void): Promise<ByteStream> {
  const { via, host, port } = settings;
  if (via === undefined) return await openTcp(host, port, onStart);
  if (via instanceof Client) return (await via.dial(host, port, { signal: settings.signal })).byteStream();
  if (via instanceof DialedStream) return via.byteStream();
  return via instanceof Duplex ? socketStream(via) : via;
}

function openTcp(host: string, port: number, onStart: (stop: () => void) => void): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connectTcp({ host, port, allowHalfOpen: true, noDelay: true });
    const fail = (cause: Error): void => {
      reject(new ConnectionLostError('connection-lost', `no connection to ${host} port ${port}`, { cause }));
    };
    onStart(() => socket.destroy(new Error('given up')));
    socket.once('error', fail);
    socket.once('connect', () => {
      const stream = socketStream(socket);
      socket.off('error', fail);
      resolve(stream);
    });
  });
}

async function gatherIdentities(settings: Settings): Promise<Identity[]> {
  const given = await Promise.all((settings.identities ?? []).map(asIdentity));
  const agentPath = settings.agent ?? process.env['SSH_AUTH_SOCK'];
  const fromAgent = agentPath === undefined || agentPath === false ? [] : await agentIdentities(agentPath);
  const defaults = settings.identities === undefined ? await defaultIdentities() : [];
  return [...given, ...fromAgent, ...defaults];
}

async function asIdentity(value: Identity | PrivateKey | string): Promise<Identity> {
  if (typeof value === 'string') return identityOf(await readPrivateKey(value));
  return value instanceof PrivateKey ? identityOf(value) : value;
}
