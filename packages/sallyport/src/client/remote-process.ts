// A program that runs on the server in a session channel (RFC 4254 section 6): three streams, signals, a terminal,
// its exit.

import { visible } from '@sallyport/protocol/log/log';
import {
  breakFields,
  exitSignalFields,
  exitStatusFields,
  signalFields,
  windowChangeFields,
} from '@sallyport/protocol/messages/channel-requests';

import type { ByteSink } from '../channel/byte-sink.ts';
import type { ByteSource } from '../channel/byte-source.ts';
import type { Channel } from '../channel/channel.ts';
import type { SshError } from '../errors.ts';
import { AbortedError, ChannelError } from '../errors.ts';
import type { Exit } from './command-result.ts';

/** Size of a terminal; pixels are 0 when they are not known. */
export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
  readonly widthPixels?: number;
  readonly heightPixels?: number;
}

/** The server's side has closed its input; nothing more need be sent (PROTOCOL section 2.2). */
const endOfWriteRequest = 'eow@openssh.com';

export class RemoteProcess implements AsyncDisposable {
  readonly stdin: ByteSink;
  /**
   * Read both streams, or discard() what you do not want: they share one window, and an unread one holds up the
   * program.
   */
  readonly stdout: ByteSource;
  readonly stderr: ByteSource;
  /**
   * How the program ended; its output may still be on the way. Rejects with ChannelError (`exit-missing`) when the
   * channel closes without saying so, with AbortedError, or with ConnectionLostError.
   */
  readonly exited: Promise<Exit>;
  /** Resolves, never rejects, when the channel is closed. */
  readonly closed: Promise<SshError | undefined>;
  readonly #channel: Channel;
  #cancelled: SshError | undefined;

  /** `channel` is a session channel whose program is about to be started. */
  constructor(channel: Channel) {
    this.#channel = channel;
    this.stdin = channel.output;
    this.stdout = channel.input;
    this.stderr = channel.errors;
    this.closed = channel.closed.then((error) => this.#cancelled ?? error);
    this.exited = new Promise((resolve, reject) => {
      channel.onRequest = (request, fields) => {
        const exit = exitOf(request, fields);
        if (exit !== undefined) resolve(exit);
        if (request === endOfWriteRequest) this.stdin.lose(stdinClosed());
        return exit !== undefined;
      };
      void this.closed.then((error) => {
        reject(error ?? new ChannelError('exit-missing', 'the channel closed without an exit status'));
      });
    });
    this.exited.catch(() => undefined);
  }

  /** Sends a signal by its name without `SIG`, such as `TERM`. Servers need not obey. */
  signal(name: string): void {
    this.#channel.notify('signal', signalFields.encode({ name }));
  }

  /** Tells the program that its terminal has another size. */
  resize(size: TerminalSize): void {
    const { columns, rows, widthPixels = 0, heightPixels = 0 } = size;
    this.#channel.notify('window-change', windowChangeFields.encode({ columns, rows, widthPixels, heightPixels }));
  }

  /** Sends a break of that many milliseconds (RFC 4335); rejects with ChannelError when the server refuses. */
  break(lengthMs = 0): Promise<void> {
    return this.#channel.request('break', breakFields.encode({ lengthMs }));
  }

  /**
   * Gives up: sends TERM, closes the channel, and ends the streams and `exited` with the error (AbortedError unless
   * told).
   */
  abort(error: SshError = new AbortedError('aborted', 'the program was given up')): void {
    if (this.#channel.isClosed) return;
    this.#cancelled ??= error;
    this.signal('TERM');
    this.#channel.abandon(this.#cancelled);
  }

  /** abort(), then waits until the channel is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
    await this.closed;
  }
}

function exitOf(request: string, fields: Uint8Array): Exit | undefined {
  if (request === 'exit-status') return { code: exitStatusFields.decode(fields).status };
  if (request !== 'exit-signal') return undefined;
  const { name, coreDumped, description } = exitSignalFields.decode(fields);
  return { signal: visible(name), coreDumped, description: visible(description) };
}

function stdinClosed(): ChannelError {
  return new ChannelError('channel-closed', 'the program has closed its input');
}
