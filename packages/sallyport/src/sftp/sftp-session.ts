// An SftpClientEngine on a ByteStream: requests with callbacks or promises, one write per turn for all that were made
// in it, and one end that settles everything. What the requests are for is not its business.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { SftpClientEvent, SftpReply } from '@sallyport/protocol/sftp/client';
import { SftpClientEngine } from '@sallyport/protocol/sftp/client';
import { statusCodes } from '@sallyport/protocol/sftp/status';

import type { CallOptions } from '../cancellation.ts';
import { cancellable } from '../cancellation.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { ConnectionLostError, errorOf, SshError } from '../errors.ts';
import { debugLines } from './debug-lines.ts';
import type { SftpSubject } from './sftp-error.ts';
import { pathProblem, statusError } from './sftp-error.ts';

/** Milliseconds that the server has to close after end(). */
const lingerMs = 500;
/** Bytes that wait to leave beyond which isBusy says so. */
const busyBytes = 128 * 1024;

/** Puts one request to the engine and returns its id. */
export type SendRequest = (engine: SftpClientEngine) => number;

/** Where the outcome of a request goes: one of both is called, once. */
export interface ReplyHandler {
  /** Views in the reply are valid until this returns. Must not throw. */
  reply(reply: SftpReply): void;
  lost(error: SshError): void;
}

interface Started {
  readonly resolve: () => void;
  readonly reject: (error: SshError) => void;
}

export class SftpSession {
  /** What the server announced, by name. Empty before start() has resolved. */
  extensions: ReadonlyMap<string, Uint8Array> = new Map();
  /** Resolves, never rejects, when the stream is over: undefined after end(), or what took it away. */
  readonly closed: Promise<SshError | undefined>;
  readonly #stream: ByteStream;
  readonly #log: ((line: LogLine) => void) | undefined;
  readonly #engine = new SftpClientEngine();
  readonly #pending = new Map<number, ReplyHandler>();
  #started: Started | undefined;
  #flushDue = false;
  #full = false;
  #waitingForCalm: (() => void)[] = [];
  #over: SshError | undefined;
  #settleClosed: (error: SshError | undefined) => void = () => undefined;

  constructor(stream: ByteStream, log?: (line: LogLine) => void) {
    this.#stream = stream;
    this.#log = log;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /** Greets the server. Rejects when it is none, when the stream ends, or when the call is given up. */
  start(options: CallOptions = {}): Promise<void> {
    const stream = this.#stream;
    stream.onData = (chunk) => this.#receive(chunk);
    stream.onView = (chunk) => this.#receive(chunk);
    stream.onEnd = () => this.#finish(lost(undefined));
    stream.onClose = (error) => this.#finish(lost(error));
    stream.onDrain = () => {
      this.#full = false;
      this.#flush();
    };
    const greet = (): Promise<void> =>
      new Promise((resolve, reject) => {
        this.#started = { resolve, reject };
        stream.resume();
        this.#flush();
      });
    return cancellable(options, greet, (error) => this.#finish(error));
  }

  /** Requests that have no reply yet. */
  get pendingRequests(): number {
    return this.#pending.size;
  }

  /**
   * Whether what is sent now would only wait here. Whoever reads data in order to send it waits before: what was read
   * just now is still in the processor's cache when it is encrypted.
   */
  get isBusy(): boolean {
    return this.#over === undefined && (this.#full || this.#engine.pendingBytes >= busyBytes);
  }

  /** Calls back once, when isBusy may have changed. */
  whenCalm(callback: () => void): void {
    this.#waitingForCalm.push(callback);
  }

  /** Makes a request; it leaves at the end of this turn of the event loop, with all others. */
  send(request: SendRequest, handler: ReplyHandler): void {
    if (this.#over !== undefined) {
      const error = this.#over;
      queueMicrotask(() => handler.lost(error));
      return;
    }
    this.#pending.set(request(this.#engine), handler);
    if (this.#flushDue) return;
    this.#flushDue = true;
    setImmediate(() => {
      if (this.#flushDue) this.#flush();
    });
  }

  /**
   * Makes a request and resolves with what `pick` makes of the reply, while views in it are valid. Rejects with
   * SftpError for a status other than 0, but for the end of a file where `pick` wants it.
   */
  ask<T>(request: SendRequest, question: Question<T>): Promise<T> {
    const { subject, otherPath, pick, endIsReply } = question;
    const problem =
      pathProblem(subject) ?? (otherPath === undefined ? undefined : pathProblem({ ...subject, path: otherPath }));
    if (problem !== undefined) return Promise.reject(problem);
    const log = this.#log;
    return new Promise((resolve, reject) => {
      this.send(log === undefined ? request : told(request, subject, log), {
        reply: (reply) => {
          const failed = reply.kind === 'status' && reply.code !== statusCodes.ok;
          if (failed && !(endIsReply === true && reply.code === statusCodes.endOfFile)) {
            const error = statusError(subject, reply);
            log?.(debugLines.refused(error));
            reject(error);
            return;
          }
          try {
            resolve(pick(reply));
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
        },
        lost: reject,
      });
    });
  }

  /** Ends the stream after what was requested has left; what is pending rejects with code `closed`. */
  async end(): Promise<void> {
    this.#flush();
    this.#finish(new ConnectionLostError('closed', 'the SFTP session was closed', {}));
    await this.closed;
  }

  #receive(chunk: Uint8Array): void {
    if (this.#over !== undefined) return;
    this.#engine.receive(chunk);
    for (;;) {
      const event = this.#engine.nextEvent();
      if (event === undefined) break;
      this.#handle(event);
    }
    // What the replies asked for leaves with what the stream has to say about them.
    if (this.#flushDue) this.#flush();
  }

  #handle(event: SftpClientEvent): void {
    switch (event.type) {
      case 'reply': {
        const handler = this.#pending.get(event.reply.id);
        this.#pending.delete(event.reply.id);
        handler?.reply(event.reply);
        break;
      }
      case 'ready':
        this.extensions = event.extensions;
        if (this.#log !== undefined) this.#tellGreeting(this.#log);
        this.#started?.resolve();
        break;
      case 'failed':
        this.#finish(errorOf(event.failure));
    }
  }

  #tellGreeting(log: (line: LogLine) => void): void {
    log(debugLines.version());
    for (const [name, data] of this.extensions) log(debugLines.extension(name, data));
  }

  #flush(): void {
    this.#flushDue = false;
    if (this.#full || this.#over !== undefined) return;
    const chunks = this.#engine.takeOutput();
    if (chunks.length > 0) this.#full = !this.#stream.write(chunks);
    if (!this.#full) this.#calmDown();
  }

  #calmDown(): void {
    const waiting = this.#waitingForCalm;
    this.#waitingForCalm = [];
    for (const callback of waiting) callback();
  }

  #finish(error: SshError): void {
    if (this.#over !== undefined) return;
    this.#over = error;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    this.#started?.reject(error);
    for (const handler of pending) handler.lost(error);
    this.#calmDown();
    if (error.code === 'closed') this.#endStream();
    else {
      this.#stream.destroy();
      this.#settleClosed(error);
    }
  }

  /** Waits for the server to close, but not for ever. */
  #endStream(): void {
    const stream = this.#stream;
    // Some servers never close; what they still send is of no interest.
    const timer = setTimeout(() => {
      stream.destroy();
      this.#settleClosed(undefined);
    }, lingerMs);
    stream.onEnd = () => undefined;
    stream.onClose = () => {
      clearTimeout(timer);
      this.#settleClosed(undefined);
    };
    stream.end();
  }
}

export interface Question<T> {
  readonly subject: SftpSubject;
  /** The second path of a request that has two. */
  readonly otherPath?: Uint8Array;
  readonly pick: (reply: SftpReply) => T;
  /** The end of the file (status 1) goes to `pick` instead of being an error. */
  readonly endIsReply?: boolean;
}

function lost(cause: Error | undefined): SshError {
  if (cause instanceof SshError) return cause;
  return new ConnectionLostError(
    'connection-lost',
    'the SFTP connection was lost',
    cause === undefined ? {} : { cause },
  );
}

/** The same request, and a line about it. */
function told(request: SendRequest, subject: SftpSubject, log: (line: LogLine) => void): SendRequest {
  return (engine) => {
    log(debugLines.sending(subject));
    const id = request(engine);
    log(debugLines.sent(id));
    return id;
  };
}
