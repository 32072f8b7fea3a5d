// The server's side of one connection while it lives: the stack and its driver, the login, sessions and dialed
// connections, and one end that settles everything.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { failure } from '@sallyport/protocol/failure/failure';
import type { ServerStackCommand, ServerStackEvent } from '@sallyport/protocol/stack/events';
import type { ServerStackOptions } from '@sallyport/protocol/stack/server-stack';
import { ServerStack } from '@sallyport/protocol/stack/server-stack';

import { Channels } from '../channel/channels.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { EngineDriver } from '../driver/engine-driver.ts';
import type { SshError } from '../errors.ts';
import { ConnectionLostError, errorOf, TimeoutError } from '../errors.ts';
import type { HostKeys } from './host-keys.ts';
import { Login } from './login.ts';
import { serveChannel } from './serve-channel.ts';
import type { ServerOptions } from './server-options.ts';
import type { Peer } from './server-session.ts';
import type { UserKeys } from './user-keys.ts';

export interface ServerConnectionOptions {
  readonly crypto: CryptoProvider;
  readonly stack: ServerStackOptions;
  readonly server: ServerOptions;
  readonly hostKeys: HostKeys;
  readonly userKeys: UserKeys;
  readonly loginGraceMs: number;
  readonly remoteAddress: string | undefined;
  /** Told once, when the client has logged in. */
  readonly onLogin: () => void;
}

type Event<Protocol extends ServerStackEvent['protocol']> = Extract<ServerStackEvent, { readonly protocol: Protocol }>;

export class ServerConnection {
  /** Resolves, never rejects, when the connection is over: undefined when a side closed it in good order. */
  readonly closed: Promise<SshError | undefined>;
  readonly #options: ServerConnectionOptions;
  readonly #driver: EngineDriver<ServerStackEvent, ServerStackCommand>;
  readonly #channels: Channels;
  readonly #login: Login;
  readonly #graceTimer: NodeJS.Timeout;
  #identification = '';
  #peer: Peer | undefined;
  #ended = false;
  #settle: (error: SshError | undefined) => void = () => undefined;

  constructor(stream: ByteStream, options: ServerConnectionOptions) {
    this.#options = options;
    const { crypto, server, remoteAddress } = options;
    const stack = new ServerStack(options.stack);
    this.#driver = new EngineDriver(stack, stream, {
      event: (event) => this.#handle(event),
      closed: (cause) =>
        this.#finish(
          new ConnectionLostError('connection-lost', 'the client is gone', cause === undefined ? {} : { cause }),
        ),
    });
    this.#channels = new Channels(
      {
        perform: (command) => this.#perform({ protocol: 'connection', ...command }),
        queuedBytes: (channel) => stack.queuedBytes(channel),
        reserveChannel: () => stack.reserveChannel(),
      },
      (offer) => serveChannel(offer, { peer: this.#knownPeer(), server, reportError: (error) => this.#report(error) }),
    );
    this.#login = new Login({
      crypto,
      policy: server.login,
      userKeys: options.userKeys,
      remoteAddress,
      perform: (command) => this.#perform({ protocol: 'userauth', ...command }),
      reportError: (error) => this.#report(error),
    });
    this.#graceTimer = setTimeout(() => this.#graceOver(), options.loginGraceMs);
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  start(): void {
    this.#driver.start();
  }

  /** Says goodbye and closes. */
  async end(): Promise<void> {
    this.#perform({ protocol: 'transport', type: 'end', failure: failure('closed') });
    await this.closed;
  }

  #perform(command: ServerStackCommand): void {
    if (!this.#ended) this.#driver.perform(command);
  }

  #handle(event: ServerStackEvent): void {
    switch (event.protocol) {
      case 'connection':
        if (!this.#channels.handle(event) && event.type === 'global-request-received' && event.wantReply) {
          this.#perform({ protocol: 'connection', type: 'reply-global-request', success: false });
        }
        break;
      case 'transport':
        this.#handleTransport(event);
        break;
      case 'userauth':
        this.#handleUserauth(event);
        break;
      case 'stack':
        this.#driver.end();
        this.#finish(errorOf(event.failure, event.disconnect));
    }
  }

  #handleTransport(event: Event<'transport'>): void {
    if (event.type === 'identified') this.#identification = event.identification;
    if (event.type !== 'signature-wanted') return;
    const signature = this.#options.hostKeys.sign(this.#options.crypto, event);
    if (signature === undefined) {
      this.#perform({ protocol: 'transport', type: 'signing-failed', description: 'no such host key' });
      return;
    }
    this.#perform({ protocol: 'transport', type: 'provide-signature', signature });
  }

  #handleUserauth(event: Event<'userauth'>): void {
    if (event.type === 'authentication-requested') {
      const { banner } = this.#options.server;
      const first = event.attempt === 1 && this.#login.succeeded.length === 0 && event.request.method === 'none';
      if (banner !== undefined && first) this.#perform({ protocol: 'userauth', type: 'send-banner', text: banner });
      this.#login.handle(event);
      return;
    }
    clearTimeout(this.#graceTimer);
    this.#peer = {
      user: event.user,
      remoteAddress: this.#options.remoteAddress,
      identification: this.#identification,
      login: this.#login.succeeded,
    };
    this.#options.onLogin();
  }

  /** The stack delivers no channel before authentication. */
  #knownPeer(): Peer {
    if (this.#peer === undefined) throw new Error('a channel before authentication');
    return this.#peer;
  }

  #graceOver(): void {
    const late = 'no login in the time allowed';
    this.#perform({ protocol: 'transport', type: 'end', failure: failure('timed-out', late) });
    this.#finish(new TimeoutError('timed-out', late));
    this.#driver.end();
  }

  #finish(error: SshError): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#graceTimer);
    this.#login.abandon();
    this.#channels.lose(error);
    const inOrder = error.code === 'closed' || error.code === 'disconnected-by-peer';
    this.#settle(inOrder ? undefined : error);
  }

  #report(error: unknown): void {
    this.#options.server.onError?.(error);
  }
}
