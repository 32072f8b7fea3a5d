// connect(): from a destination to a Client. It makes the TCP connection (or takes a stream it is given), checks the
// host key, proves who we are, and gives up cleanly at any point.

import { connect as connectTcp } from 'node:net';
import { Duplex } from 'node:stream';

import { createCryptoProvider } from '@sallyport/crypto';
import { failure } from '@sallyport/protocol/failure/failure';

import { createReadBuffer } from '@sallyport/system/node-socket';

import { cancellable } from '../cancellation.ts';
import { libraryIdentification, preferencesOf } from '../defaults.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { socketStream } from '../driver/socket-stream.ts';
import type { SshError } from '../errors.ts';
import { ConnectionLostError } from '../errors.ts';
import { Authentication } from './authentication.ts';
import { Client } from './client.ts';
import type { ConnectOptions, ConnectSettings } from './connect-options.ts';
import { gatherIdentities, settle } from './connect-options.ts';
import { DialedStream } from './dialed-stream.ts';
import { createHostKeyPolicy } from './host-key-policy.ts';
import type { KeepAlive } from './session.ts';
import { ClientSession } from './session.ts';

/** For the whole of connect(), TCP to authentication. */
const defaultTimeoutMs = 60_000;
/** For all that the connection reads. */
const readBufferBytes = 256 * 1024;
const defaultKeepAlive: KeepAlive = { intervalMs: 30_000, count: 3 };

/** What was begun, so that it can be stopped; and what stopped it. */
interface Attempt {
  stop: () => void;
  cancelled: SshError | undefined;
}

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
  const attempt: Attempt = { stop: () => undefined, cancelled: undefined };
  const call = { signal: settings.signal, timeoutMs: settings.timeoutMs ?? defaultTimeoutMs };
  return await cancellable(
    call,
    () => establish(settings, attempt),
    (error) => {
      attempt.cancelled = error;
      attempt.stop();
    },
  );
}

async function establish(settings: ConnectSettings, attempt: Attempt): Promise<Client> {
  const crypto = createCryptoProvider();
  const [identities, hostKeys] = await Promise.all([
    gatherIdentities(settings),
    createHostKeyPolicy(crypto, { host: settings.host, port: settings.port }, settings),
  ]);
  if (attempt.cancelled !== undefined) throw attempt.cancelled;
  const stream = await openStream(settings, attempt);
  if (attempt.cancelled !== undefined) {
    stream.destroy();
    throw attempt.cancelled;
  }
  const { password, keyboardInteractive, keepAlive = defaultKeepAlive } = settings;
  const session = new ClientSession(stream, {
    crypto,
    identification: libraryIdentification,
    user: settings.user,
    preferences: preferencesOf('client', {
      hostKeyAlgorithms: hostKeys.hostKeyAlgorithms,
      ...settings.algorithms,
    }),
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
  attempt.stop = () => {
    if (attempt.cancelled !== undefined) session.fail(attempt.cancelled, failure('aborted'));
  };
  session.start();
  await session.ready;
  return new Client(session, settings.user);
}

async function openStream(settings: ConnectSettings, attempt: Attempt): Promise<ByteStream> {
  const { via, host, port } = settings;
  if (via === undefined) return await openTcp(host, port, attempt);
  if (via instanceof Client) return (await via.dial(host, port, { signal: settings.signal })).byteStream();
  if (via instanceof DialedStream) return via.byteStream();
  return via instanceof Duplex ? socketStream(via) : via;
}

function openTcp(host: string, port: number, attempt: Attempt): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const reads = createReadBuffer(readBufferBytes);
    const socket = connectTcp({ host, port, allowHalfOpen: true, noDelay: true, ...reads.socketOptions });
    const fail = (cause: Error): void => {
      const message = `no connection to ${host} port ${port}`;
      reject(attempt.cancelled ?? new ConnectionLostError('connection-lost', message, { cause }));
    };
    attempt.stop = () => socket.destroy(new Error('given up'));
    socket.once('error', fail);
    socket.once('connect', () => {
      const stream = socketStream(socket, reads);
      socket.off('error', fail);
      resolve(stream);
    });
  });
}
