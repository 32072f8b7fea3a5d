// Speaks SSH over a stream up to the point where channels can be opened: pumps the client's stack, asks its owner about
// the host key and for authentication, and then is the ConnectionPort. It decides nothing and prints nothing but what
// goes to the log.

import type { ChannelWindow, ConnectionCommand } from '@sallyport/protocol/connection/events';
import { failure } from '@sallyport/protocol/failure/failure';
import type { LogSink } from '@sallyport/protocol/log/log';
import { visible } from '@sallyport/protocol/log/log';
import { openFailureReasons } from '@sallyport/protocol/messages/connection';
import type { ClientStackOptions } from '@sallyport/protocol/stack/client-stack';
import { ClientStack } from '@sallyport/protocol/stack/client-stack';
import type { ClientStackCommand, ClientStackEvent } from '@sallyport/protocol/stack/events';
import type { NegotiatedAlgorithms } from '@sallyport/protocol/transport/events';
import type { UserauthClientCommand, UserauthClientEvent } from '@sallyport/protocol/userauth/events';
import { utf8Decode } from '@sallyport/protocol/wire/utf8';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { EngineDriver } from 'sallyport/driver/engine-driver';
import type {
  ChannelListener,
  ChannelOpening,
  ChannelTaker,
  ConnectionEnd,
  ConnectionPhase,
  ConnectionPort,
  EndCause,
  GlobalAnswer,
} from './connection-port.ts';
import { MeteredStream } from './metered-stream.ts';

/** A host key whose signature over the key exchange was verified. */
export interface OfferedHostKey {
  readonly algorithm: string;
  /** A copy. */
  readonly hostKey: Uint8Array;
  readonly algorithms: NegotiatedAlgorithms;
}

export type UserauthQuestion = Exclude<UserauthClientEvent, { readonly type: 'authenticated' | 'failed' }>;

/** Answers the questions of the authentication protocol; login/authentication.ts is one. */
export interface Login {
  /** The server has proved who it is; authentication begins. */
  begin?(session: ProvedSession): void;
  /** RFC 8308: what the server announces, any time before success. */
  learn(extensions: ReadonlyMap<string, Uint8Array>): void;
  /** The command that answers; undefined when the event asks for none. */
  answer(event: UserauthQuestion): Promise<UserauthClientCommand | undefined>;
}

/** The session as the first key exchange has proved it; copies. */
export interface ProvedSession {
  readonly sessionId: Uint8Array;
  readonly hostKey: Uint8Array;
  /** The host's over the session identifier. */
  readonly signature: Uint8Array;
}

export interface OpenConnectionOptions {
  readonly stream: ByteStream;
  readonly stack: ClientStackOptions;
  /** Whether this key is the host's; says itself why not. */
  readonly judgeHostKey: (offered: OfferedHostKey) => boolean | Promise<boolean>;
  readonly login: Login;
  readonly log: LogSink;
  /** The server's identification line must have come by then. */
  readonly identificationTimeoutMs?: number | undefined;
  /** The server tells all of its host keys (PROTOCOL section 2.5); a copy. */
  readonly hostKeysAnnounced?: (fields: Uint8Array) => void;
}

export interface OpenedConnection {
  readonly port: ConnectionPort;
  /** The method that the server was content with. */
  readonly method: string;
  readonly session: ProvedSession;
}

/** Resolves with the end when it comes before authentication is over; rejects only for faults of ours. */
export function openConnection(options: OpenConnectionOptions): Promise<OpenedConnection | ConnectionEnd> {
  return new Promise((resolve, reject) => {
    const connection = new ClientConnection(options, {
      authenticated: (method, session) => resolve({ port: connection, method, session }),
      broken: reject,
    });
    void connection.ended.then(resolve);
    connection.start();
  });
}

interface Progress {
  readonly authenticated: (method: string, session: ProvedSession) => void;
  readonly broken: (error: unknown) => void;
}

type TransportNews = Extract<ClientStackEvent, { readonly protocol: 'transport' }>;
type UserauthNews = Extract<ClientStackEvent, { readonly protocol: 'userauth' }>;
type ConnectionNews = Extract<ClientStackEvent, { readonly protocol: 'connection' }>;

class ClientConnection implements ConnectionPort {
  readonly ended: Promise<ConnectionEnd>;
  readonly #options: OpenConnectionOptions;
  readonly #progress: Progress;
  readonly #meter: MeteredStream;
  readonly #stack: ClientStack;
  readonly #driver: EngineDriver<ClientStackEvent, ClientStackCommand>;
  readonly #listeners = new Map<number, ChannelListener>();
  readonly #asked = new Map<number, (answer: GlobalAnswer | undefined) => void>();
  readonly #takers = new Map<string, ChannelTaker>();
  #whenIdle: (() => void)[] = [];
  #phase: ConnectionPhase = 'identification';
  #software = '';
  #nextToken = 1;
  #timer: NodeJS.Timeout | undefined;
  #hostKeySignature: Uint8Array = new Uint8Array(0);
  #session: ProvedSession | undefined;
  #settleEnd: ((end: ConnectionEnd) => void) | undefined;

  constructor(options: OpenConnectionOptions, progress: Progress) {
    this.#options = options;
    this.#progress = progress;
    this.#meter = new MeteredStream(options.stream);
    this.#stack = new ClientStack(options.stack);
    this.#driver = new EngineDriver(this.#stack, this.#meter, {
      event: (event) => this.#handle(event),
      closed: (error) => this.#finish(error === undefined ? { type: 'closed' } : { type: 'lost', error }),
    });
    this.ended = new Promise((resolve) => {
      this.#settleEnd = resolve;
    });
  }

  start(): void {
    const { log, stack, identificationTimeoutMs } = this.#options;
    log('debug1', `Local version string ${stack.transport.identification}`);
    if (identificationTimeoutMs !== undefined) {
      this.#timer = setTimeout(() => this.#finish({ type: 'timed-out' }), identificationTimeoutMs);
    }
    this.#driver.start();
  }

  openChannel({ channelType, fields, window }: ChannelOpening, listener: ChannelListener): number {
    const channel = this.#stack.reserveChannel();
    this.#listeners.set(channel, listener);
    const sized = window === undefined ? {} : { window };
    this.perform({ type: 'open-channel', channel, channelType, fields, ...sized });
    return channel;
  }

  takeChannels(channelType: string, take: ChannelTaker): void {
    this.#takers.set(channelType, take);
  }

  acceptChannel(channel: number, listener: ChannelListener, window?: ChannelWindow): void {
    this.#listeners.set(channel, listener);
    this.perform({ type: 'confirm-channel', channel, ...(window === undefined ? {} : { window }) });
  }

  perform(command: ConnectionCommand): void {
    this.#perform({ protocol: 'connection', ...command });
  }

  queuedBytes(channel: number): number {
    return this.#stack.queuedBytes(channel);
  }

  askGlobal(request: string, fields: Uint8Array): Promise<GlobalAnswer | undefined> {
    if (this.#settleEnd === undefined) return Promise.resolve(undefined);
    const token = this.#nextToken++;
    const answered = new Promise<GlobalAnswer | undefined>((resolve) => {
      this.#asked.set(token, resolve);
    });
    this.perform({ type: 'request-global', request, fields, token });
    return answered;
  }

  get channels(): readonly number[] {
    return [...this.#listeners.keys()];
  }

  idle(): Promise<void> {
    if (this.#listeners.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#whenIdle.push(resolve);
    });
  }

  rekey(): void {
    this.#perform({ protocol: 'transport', type: 'rekey' });
  }

  get heardAt(): number {
    return this.#meter.heardAt;
  }

  get receivedBytes(): number {
    return this.#meter.receivedBytes;
  }

  get sentBytes(): number {
    return this.#meter.sentBytes;
  }

  get peerSoftware(): string {
    return this.#software;
  }

  end(): void {
    this.#perform({ protocol: 'transport', type: 'end', failure: failure('closed') });
  }

  #perform(command: ClientStackCommand): void {
    if (this.#settleEnd !== undefined) this.#driver.perform(command);
  }

  #handle(event: ClientStackEvent): void {
    switch (event.protocol) {
      case 'connection':
        return this.#handleConnection(event);
      case 'transport':
        return this.#handleTransport(event);
      case 'userauth':
        return this.#handleUserauth(event);
      case 'stack': {
        const told = event.disconnect === undefined ? {} : { disconnect: event.disconnect };
        this.#finish({ type: 'failed', failure: event.failure, ...told });
      }
    }
  }

  #handleConnection(event: ConnectionNews): void {
    const { log } = this.#options;
    switch (event.type) {
      case 'global-request-received': {
        const { request, wantReply } = event;
        log('debug1', `client_input_global_request: rtype ${visible(request)} want_reply ${wantReply ? 1 : 0}`);
        if (wantReply) this.perform({ type: 'reply-global-request', success: false });
        if (request === 'hostkeys-00@openssh.com') this.#options.hostKeysAnnounced?.(event.fields.slice());
        return;
      }
      case 'global-request-answered':
        this.#asked.get(event.token)?.({ success: event.success, fields: event.fields.slice() });
        this.#asked.delete(event.token);
        return;
      case 'channel-requested': {
        const take = this.#takers.get(event.channelType);
        if (take !== undefined) return take({ channel: event.channel, fields: event.fields.slice() });
        log('debug1', `failure ${visible(event.channelType)}`);
        const reason = openFailureReasons.administrativelyProhibited;
        this.perform({ type: 'refuse-channel', channel: event.channel, reason, description: 'open failed' });
        return;
      }
      default:
        this.#listeners.get(event.channel)?.(event);
        if (event.type === 'channel-closed' || event.type === 'channel-refused') this.#forget(event.channel);
    }
  }

  #forget(channel: number): void {
    this.#listeners.delete(channel);
    if (this.#listeners.size > 0) return;
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }

  #handleTransport(event: TransportNews): void {
    const { log, login } = this.#options;
    switch (event.type) {
      case 'identified':
        clearTimeout(this.#timer);
        this.#phase = 'key-exchange';
        this.#software = event.software;
        log('debug1', `Remote protocol version 2.0, remote software version ${visible(event.software)}`);
        return;
      case 'host-key-offered': {
        const { algorithm, algorithms } = event;
        if (!event.rekey) this.#hostKeySignature = event.signature.slice();
        this.#judge({ algorithm, algorithms, hostKey: event.hostKey.slice() });
        return;
      }
      case 'keys-changed':
        if (event.first) this.#begin(event.sessionId.slice(), event.hostKey.slice());
        return;
      case 'extensions-received':
        log('debug1', 'SSH2_MSG_EXT_INFO received');
        for (const [name, value] of event.extensions) {
          log('debug1', `kex_ext_info_client_parse: ${visible(name)}=<${visible(utf8Decode(value))}>`);
        }
        login.learn(event.extensions);
        return;
      case 'debug-received':
        log('debug1', `Remote: ${visible(event.text)}`);
        return;
      case 'pong-received':
        // Nobody here asks for one.
        return;
    }
  }

  #begin(sessionId: Uint8Array, hostKey: Uint8Array): void {
    this.#phase = 'authentication';
    this.#session = { sessionId, hostKey, signature: this.#hostKeySignature };
    this.#options.login.begin?.(this.#session);
  }

  #judge(offered: OfferedHostKey): void {
    this.#answer(Promise.resolve(this.#options.judgeHostKey(offered)), (accepted) => {
      this.#perform({ protocol: 'transport', type: accepted ? 'accept-host-key' : 'refuse-host-key' });
    });
  }

  #handleUserauth(event: UserauthNews): void {
    if (event.type === 'authenticated') {
      this.#phase = 'connection';
      this.#progress.authenticated(event.method, this.#session as ProvedSession);
      return;
    }
    this.#answer(this.#options.login.answer(event), (command) => {
      if (command !== undefined) this.#perform({ protocol: 'userauth', ...command });
    });
  }

  /** Goes on with what somebody answers, unless the connection has ended meanwhile. */
  #answer<T>(answer: Promise<T>, goOn: (value: T) => void): void {
    answer
      .then((value) => {
        if (this.#settleEnd !== undefined) goOn(value);
      })
      .catch((error: unknown) => {
        this.#progress.broken(error);
        this.#driver.destroy();
      });
  }

  #finish(cause: EndCause): void {
    const settle = this.#settleEnd;
    if (settle === undefined) return;
    this.#settleEnd = undefined;
    clearTimeout(this.#timer);
    if (cause.type === 'failed') this.#driver.end();
    else this.#driver.destroy();
    settle({ phase: this.#phase, cause });
    for (const resolve of this.#asked.values()) resolve(undefined);
    this.#asked.clear();
  }
}
