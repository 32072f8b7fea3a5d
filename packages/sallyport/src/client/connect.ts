// connect(): from a destination to a Client. It makes the TCP connection (or takes a stream it is given), checks the
// host key, proves who we are, and gives up cleanly at any point.

import { createCryptoProvider } from '@sallyport/crypto';
import { failure } from '@sallyport/protocol/failure/failure';

import { cancellable } from '../cancellation.ts';
import { libraryIdentification, preferencesOf } from '../defaults.ts';
import { Authentication } from './authentication.ts';
import { Client } from './client.ts';
import type { ConnectOptions, ConnectSettings } from './connect-options.ts';
import { gatherIdentities, gatherVouchingHost, settle } from './connect-options.ts';
import { createHostKeyPolicy } from './host-key-policy.ts';
import { type Attempt, openStream } from './open-stream.ts';
import type { KeepAlive } from './session.ts';
import { ClientSession } from './session.ts';

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
  const [identities, host, hostKeys] = await Promise.all([
    gatherIdentities(settings),
    gatherVouchingHost(settings),
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
      host,
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
