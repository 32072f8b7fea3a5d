// One channel (RFC 4254 section 5) for the library's objects: two sources, two sinks, requests in both directions,
// and one promise that says when it is over. Windows and the closing handshake are the engine's.

import type { ConnectionCommand, ConnectionEvent } from '@sallyport/protocol/connection/events';
import { extendedDataStderr } from '@sallyport/protocol/messages/connection';
import type { SshError } from '../errors.ts';
import { ChannelError } from '../errors.ts';
import { ByteSink } from './byte-sink.ts';
import { ByteSource } from './byte-source.ts';

/** What a channel needs of its connection. */
export interface ChannelHost {
  perform(command: ConnectionCommand): void;
  queuedBytes(channel: number): number;
}

/** Judges a request of the peer; false refuses it. The fields are a copy. */
export type ChannelRequestHandler = (request: string, fields: Uint8Array) => boolean | Promise<boolean>;

export type ChannelEvent = Extract<ConnectionEvent, { readonly channel: number }>;

export class Channel {
  readonly number: number;
  /** What the peer sends as DATA, and as EXTENDED_DATA of type 1. */
  readonly input: ByteSource;
  readonly errors: ByteSource;
  /** What we send as DATA, and as EXTENDED_DATA of type 1. */
  readonly output: ByteSink;
  readonly errorOutput: ByteSink;
  /** Resolves, never rejects, when the channel is closed: undefined, or the error that took the connection away. */
  readonly closed: Promise<SshError | undefined>;
  /** Refuses everything unless set. */
  onRequest: ChannelRequestHandler = () => false;
  readonly #host: ChannelHost;
  readonly #tokens = new Map<number, { readonly resolve: () => void; readonly reject: (error: SshError) => void }>();
  #nextToken = 1;
  #answers: Promise<void> = Promise.resolve();
  #eofWithExit = false;
  #isClosed = false;
  #closing = false;
  #settle: (error: SshError | undefined) => void = () => undefined;

  constructor(host: ChannelHost, number: number) {
    this.#host = host;
    this.number = number;
    const consumed = (bytes: number): void => this.#perform({ type: 'consume', channel: number, bytes });
    this.input = new ByteSource(consumed);
    this.errors = new ByteSource(consumed);
    const queuedBytes = (): number => (this.#isClosed ? 0 : host.queuedBytes(number));
    this.output = new ByteSink({
      send: (data) => this.#perform({ type: 'send-data', channel: number, data }),
      end: () => this.#endOutput(),
      queuedBytes,
    });
    this.errorOutput = new ByteSink({
      send: (data) => this.#perform({ type: 'send-data', channel: number, extended: extendedDataStderr, data }),
      end: () => undefined,
      queuedBytes,
    });
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /**
   * A program runs on our side: one EOF stands for both outputs, and it comes with the exit, by endOutputs(). PuTTY
   * closes a channel as soon as both sides have sent EOF, and would miss an exit status that comes later.
   */
  sendEofWithExit(): void {
    this.#eofWithExit = true;
  }

  /** Nothing more is sent on either output, and the peer is told. */
  endOutputs(): void {
    this.output.end();
    this.errorOutput.end();
    if (this.#eofWithExit) this.#perform({ type: 'send-eof', channel: this.number });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Asks the peer; rejects with ChannelError when it refuses or the channel closes first. */
  request(request: string, fields: Uint8Array): Promise<void> {
    if (this.#isClosed || this.#closing) return Promise.reject(closedError(request));
    const token = this.#nextToken++;
    const answered = new Promise<void>((resolve, reject) => {
      this.#tokens.set(token, {
        resolve,
        reject: (error) => reject(error.code === 'request-refused' ? refusedError(request) : error),
      });
    });
    this.#perform({ type: 'request-channel', channel: this.number, request, fields, token });
    return answered;
  }

  /** Tells the peer something that it does not answer; nothing once the channel closes. */
  notify(request: string, fields: Uint8Array): void {
    if (!this.#closing) this.#perform({ type: 'request-channel', channel: this.number, request, fields });
  }

  /** Closes after what is queued has left, or at once with `discard`; more of the peer's data is dropped. */
  close(options: { readonly discard?: boolean } = {}): void {
    if (this.#isClosed || (this.#closing && options.discard !== true)) return;
    this.#closing = true;
    this.input.discard();
    this.errors.discard();
    this.#perform({ type: 'close-channel', channel: this.number, discard: options.discard ?? false });
  }

  /** Closes at once; readers and writers get the error. `closed` resolves when the peer has closed as well. */
  abandon(error: SshError): void {
    if (this.#isClosed) return;
    this.input.finish(error);
    this.errors.finish(error);
    this.#rejectAll(error);
    this.close({ discard: true });
  }

  /** For the connection: an event of this channel. */
  handle(event: ChannelEvent): void {
    switch (event.type) {
      case 'data-received':
        (event.extended === undefined ? this.input : this.errors).push(event.data);
        break;
      case 'sending-possible':
        this.output.progress();
        this.errorOutput.progress();
        break;
      case 'eof-received':
        this.input.finish();
        this.errors.finish();
        break;
      case 'channel-request-received':
        this.#answer(event.request, event.fields.slice(), event.wantReply);
        break;
      case 'channel-request-answered': {
        const asked = this.#tokens.get(event.token);
        this.#tokens.delete(event.token);
        if (event.success) asked?.resolve();
        else asked?.reject(refusedError(''));
        break;
      }
      case 'channel-closed':
        this.#finish(undefined);
        break;
      case 'channel-requested':
      case 'channel-opened':
      case 'channel-refused':
        throw new Error(`${event.type} of a channel that is open`);
    }
  }

  /** For the connection: it is gone. */
  lose(error: SshError): void {
    this.#finish(error);
  }

  #endOutput(): void {
    if (!this.#eofWithExit) this.#perform({ type: 'send-eof', channel: this.number });
  }

  #finish(error: SshError | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.input.finish(error);
    this.errors.finish(error);
    this.#rejectAll(error ?? closedError('data'));
    this.#settle(error);
  }

  #rejectAll(error: SshError): void {
    this.output.lose(error);
    this.errorOutput.lose(error);
    for (const { reject } of this.#tokens.values()) reject(error);
    this.#tokens.clear();
  }

  /** Answers in the order of the requests, whatever time each takes. */
  #answer(request: string, fields: Uint8Array, wantReply: boolean): void {
    this.#answers = this.#answers.then(async () => {
      let success = false;
      try {
        success = await this.onRequest(request, fields);
      } catch {
        // A handler that throws refuses: what it has to say it says to its own user.
      }
      if (wantReply && !this.#closing) this.#perform({ type: 'reply-channel-request', channel: this.number, success });
    });
  }

  #perform(command: ConnectionCommand): void {
    if (!this.#isClosed) this.#host.perform(command);
  }
}

function refusedError(request: string): ChannelError {
  return new ChannelError('request-refused', `the peer refused the request ${request}`);
}

function closedError(what: string): ChannelError {
  return new ChannelError('channel-closed', `the channel is closed: no ${what} can be sent`);
}
