// The client's side of one connection while it lives: the stack and its driver, the answers to the engine's
// questions, the channels, and one end that settles everything. Client (client.ts) is what the application sees of
// it.

import { zlib } from '@sallyport/crypto/zlib';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { Failure } from '@sallyport/protocol/failure/failure';
import { failure } from '@sallyport/protocol/failure/failure';
import { globalRequestNames } from '@sallyport/protocol/messages/global-requests';
import { ClientStack } from '@sallyport/protocol/stack/client-stack';
import type { ClientStackCommand, ClientStackEvent } from '@sallyport/protocol/stack/events';
import type { NegotiatedAlgorithms, PeerDisconnect } from '@sallyport/protocol/transport/events';
import type { AlgorithmPreferences, RekeyLimits } from '@sallyport/protocol/transport/options';

import { Channels } from '../channel/channels.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { EngineDriver, monotonicNow } from '../driver/engine-driver.ts';
import { AuthenticationError, ConnectionLostError, errorOf, SshError, TimeoutError } from '../errors.ts';
import type { LoginSession } from '../keys/identity.ts';
import type { Authentication } from './authentication.ts';
import type { HostKeyPolicy } from './host-key-policy.ts';

export interface SessionOptions {
  readonly crypto: CryptoProvider;
  readonly identification: string;
  readonly user: string;
  readonly preferences: AlgorithmPreferences;
  readonly rekeyLimits: RekeyLimits | undefined;
  readonly hostKeys: HostKeyPolicy;
  readonly authentication: Authentication;
  readonly onBanner: ((text: string) => void) | undefined;
  readonly keepAlive: KeepAlive | undefined;
}

/** Asks the server for a sign of life when nothing was heard for a while. */
export interface KeepAlive {
  readonly intervalMs: number;
  /** Unanswered questions after which the connection is given up. */
  readonly count: number;
}

/** What the key exchange and the extensions have told about the server. */
export interface ServerFacts {
  readonly identification: string;
  readonly algorithms: NegotiatedAlgorithms;
  readonly hostKey: Uint8Array;
  readonly extensions: ReadonlyMap<string, Uint8Array>;
}

interface Asked {
  readonly resolve: () => void;
  readonly reject: (error: SshError) => void;
}

export class ClientSession {
  readonly channels: Channels;
  /** Resolves after authentication; rejects when the connection ends before. */
  readonly ready: Promise<void>;
  /** Resolves with what ended the connection; undefined when we closed it. */
  readonly closed: Promise<SshError | undefined>;
  readonly #options: SessionOptions;
  readonly #driver: EngineDriver<ClientStackEvent, ClientStackCommand>;
  readonly #asked = new Map<number, Asked>();
  #facts: Partial<ServerFacts> = {};
  #hostKeySignature: Uint8Array = new Uint8Array(0);
  #loginSession: LoginSession | undefined;
  #nextToken = 1;
  #error: SshError | undefined;
  #closing = false;
  #ended = false;
  #heard = true;
  #unanswered = 0;
  #keepAliveTimer: NodeJS.Timeout | undefined;
  #settleReady: Asked = { resolve: () => undefined, reject: () => undefined };
  #settleClosed: (error: SshError | undefined) => void = () => undefined;

  constructor(stream: ByteStream, options: SessionOptions) {
    this.#options = options;
    const { crypto, identification, preferences, rekeyLimits, user } = options;
    const limits = rekeyLimits === undefined ? {} : { rekeyLimits };
    const stack = new ClientStack({
      transport: { crypto, compression: zlib, identification, preferences, now: monotonicNow(), ...limits },
      user,
    });
    this.#driver = new EngineDriver(stack, stream, {
      event: (event) => this.#handle(event),
      closed: (error) => {
        const cause = error === undefined ? {} : { cause: error };
        this.#finish(new ConnectionLostError('connection-lost', 'the connection was lost', cause));
      },
    });
    this.channels = new Channels({
      perform: (command) => this.#perform({ protocol: 'connection', ...command }),
      queuedBytes: (channel) => stack.queuedBytes(channel),
      reserveChannel: () => stack.reserveChannel(),
    });
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.ready.catch(() => undefined);
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  start(): void {
    this.#driver.start();
  }

  get facts(): Partial<ServerFacts> {
    return this.#facts;
  }

  /** Ends the connection because of an error of ours; pending calls reject with it. */
  fail(error: SshError, reason: Failure): void {
    this.#error ??= error;
    this.#perform({ protocol: 'transport', type: 'end', failure: reason });
  }

  /** Says goodbye and closes. */
  async end(): Promise<void> {
    this.#closing = true;
    this.#perform({ protocol: 'transport', type: 'end', failure: failure('closed') });
    await this.closed;
  }

  /** A question that every server answers in one way or another; resolves with the answer. */
  ping(): Promise<void> {
    if (this.#ended)
      return Promise.reject(this.#error ?? new ConnectionLostError('closed', 'the connection is closed', {}));
    const token = this.#nextToken++;
    const answered = new Promise<void>((resolve, reject) => {
      this.#asked.set(token, { resolve, reject });
    });
    const request = globalRequestNames.keepalive;
    this.#perform({ protocol: 'connection', type: 'request-global', request, fields: new Uint8Array(0), token });
    return answered;
  }

  #perform(command: ClientStackCommand): void {
    if (!this.#ended) this.#driver.perform(command);
  }

  #handle(event: ClientStackEvent): void {
    this.#heard = true;
    switch (event.protocol) {
      case 'connection':
        if (!this.channels.handle(event)) this.#handleGlobal(event);
        break;
      case 'transport':
        this.#handleTransport(event);
        break;
      case 'userauth':
        this.#handleUserauth(event);
        break;
      case 'stack':
        this.#end(event.failure, event.disconnect);
    }
  }

  #handleTransport(event: Extract<ClientStackEvent, { readonly protocol: 'transport' }>): void {
    if (event.type === 'identified') {
      this.#facts = { ...this.#facts, identification: event.identification };
    } else if (event.type === 'host-key-offered') {
      const offer = { algorithm: event.algorithm, key: event.hostKey.slice() };
      if (!event.rekey) this.#hostKeySignature = event.signature.slice();
      this.#answer(this.#options.hostKeys.judge(offer), {
        known: () => this.#perform({ protocol: 'transport', type: 'accept-host-key' }),
        failed: () => this.#perform({ protocol: 'transport', type: 'refuse-host-key' }),
      });
    } else if (event.type === 'keys-changed') {
      const hostKey = event.hostKey.slice();
      this.#facts = { ...this.#facts, algorithms: event.algorithms, hostKey };
      if (event.first) {
        this.#loginSession = { hostKey, sessionId: event.sessionId.slice(), signature: this.#hostKeySignature };
      }
    } else if (event.type === 'extensions-received') {
      const extensions = new Map([...(this.#facts.extensions ?? []), ...event.extensions]);
      this.#facts = { ...this.#facts, extensions };
      this.#options.authentication.learn(event.extensions);
    }
  }

  #handleUserauth(event: Extract<ClientStackEvent, { readonly protocol: 'userauth' }>): void {
    const { authentication } = this.#options;
    const giveUp = (): void => this.#perform({ protocol: 'userauth', type: 'give-up' });
    const skip = (): void => this.#perform({ protocol: 'userauth', type: 'skip-attempt' });
    switch (event.type) {
      case 'attempt-wanted':
        this.#answer(authentication.next(event), {
          known: (attempt) => {
            if (attempt === undefined) giveUp();
            else this.#perform({ protocol: 'userauth', type: 'attempt', attempt });
          },
          failed: giveUp,
        });
        break;
      case 'signature-wanted':
        this.#answer(authentication.sign(event, this.#loginSession), {
          known: (signature) => {
            if (signature === undefined) skip();
            else this.#perform({ protocol: 'userauth', type: 'provide-signature', signature });
          },
          failed: giveUp,
        });
        break;
      case 'responses-wanted':
        this.#answer(authentication.respond(event), {
          known: (responses) => {
            if (responses === undefined) skip();
            else this.#perform({ protocol: 'userauth', type: 'provide-responses', responses });
          },
          failed: giveUp,
        });
        break;
      case 'password-change-wanted':
        skip();
        break;
      case 'banner-received':
        this.#options.onBanner?.(event.text);
        break;
      case 'authenticated':
        this.#startKeepAlive();
        this.#settleReady.resolve();
    }
  }

  #handleGlobal(event: Extract<ClientStackEvent, { readonly protocol: 'connection' }>): void {
    if (event.type === 'global-request-received' && event.wantReply) {
      this.#perform({ protocol: 'connection', type: 'reply-global-request', success: false });
    }
    if (event.type !== 'global-request-answered') return;
    this.#asked.get(event.token)?.resolve();
    this.#asked.delete(event.token);
  }

  /** Performs the answer to a question of the engine when it is known, if the connection is still there. */
  #answer<T>(answer: Promise<T>, perform: { readonly known: (value: T) => void; readonly failed: () => void }): void {
    answer.then(
      (value) => {
        if (!this.#ended) perform.known(value);
      },
      (error: unknown) => {
        this.#error ??= error instanceof SshError ? error : new SshError('aborted', String(error), { cause: error });
        if (!this.#ended) perform.failed();
      },
    );
  }

  #end(reason: Failure, disconnect: PeerDisconnect | undefined): void {
    this.#driver.end();
    const error = errorOf(reason, disconnect);
    const denied = error instanceof AuthenticationError;
    this.#finish(denied ? this.#options.authentication.error(reason.code, reason.description) : error);
  }

  #finish(error: SshError): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error ??= error;
    clearInterval(this.#keepAliveTimer);
    this.channels.lose(this.#error);
    this.#settleReady.reject(this.#error);
    for (const { reject } of this.#asked.values()) reject(this.#error);
    this.#asked.clear();
    this.#settleClosed(this.#closing && this.#error.code === 'closed' ? undefined : this.#error);
  }

  #startKeepAlive(): void {
    const keepAlive = this.#options.keepAlive;
    if (keepAlive === undefined) return;
    this.#keepAliveTimer = setInterval(() => this.#keepAlive(keepAlive), keepAlive.intervalMs);
    this.#keepAliveTimer.unref();
  }

  #keepAlive({ intervalMs, count }: KeepAlive): void {
    if (this.#heard) this.#unanswered = 0;
    else if (++this.#unanswered > count) {
      const silent = `the server was silent for ${intervalMs * this.#unanswered} ms`;
      this.fail(new TimeoutError('timed-out', silent), failure('timed-out', silent));
      this.#driver.destroy();
      return;
    }
    if (!this.#heard) this.ping().catch(() => undefined);
    this.#heard = false;
  }
}
