// One connection that has not authenticated, seen from the monitor: its auth process, its permissions, its grace
// time. Calls are answered one at a time and in order; whatever is not permitted ends the auth process and the
// connection with it.

import { callOfNumber, limitsOf } from '@sallyport/protocol/codec/frame-table';
import { logLevels, onOneLine } from '@sallyport/protocol/log/log';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { ChannelEnd, FrameRow } from '../frames/frame-channel.ts';
import { FrameChannel } from '../frames/frame-channel.ts';
import type { AuthCallName } from '../monitor/calls.ts';
import { answerOf, authAnswers, authCalls } from '../monitor/calls.ts';
import type { Login, Monitor } from '../monitor/monitor.ts';
import { MonitorRefusal } from '../monitor/monitor.ts';
import { ownLines } from '../own-lines.ts';

export interface PendingOptions {
  readonly pid: number;
  readonly kill: () => void;
  readonly calls: ByteStream;
  readonly monitor: Monitor;
  readonly peer: PeerAddress;
  readonly local: PeerAddress;
  /** Milliseconds; 0 = no limit. */
  readonly graceMs: number;
  readonly log: (line: LogLine) => void;
  /** The user is authenticated and the transport is here; it is overwritten when this returns. */
  readonly onHandOver: (login: Login, snapshot: Uint8Array) => void;
  /** The connection is over without a login; also after onHandOver, when the auth process has ended. */
  readonly onEnded: (handedOver: boolean) => void;
}

interface Call {
  readonly name: AuthCallName;
  readonly body: Uint8Array;
}

/** An auth process asks one question at a time and sends a few log lines around it. */
const maximumWaitingCalls = 64;
const maximumWaitingBytes = 4 * 1024 * 1024;
/** What setTimeout() can hold; more would end at once. */
const longestDelayMs = 0x7fff_ffff;

export class PendingConnection {
  readonly #options: PendingOptions;
  readonly #channel: FrameChannel;
  readonly #waiting: Call[] = [];
  #waitingBytes = 0;
  readonly #grace: NodeJS.Timeout | undefined;
  #busy = false;
  #handedOver = false;
  #over = false;

  constructor(options: PendingOptions) {
    this.#options = options;
    this.#channel = new FrameChannel(options.calls, {
      limitBytes: limitsOf(authCalls),
      frame: (number, body) => this.#receive(number, body),
      closed: (reason) => this.#closed(reason),
    });
    const graceMs = Math.min(options.graceMs, longestDelayMs);
    if (graceMs > 0) this.#grace = setTimeout(() => this.#graceExceeded(), graceMs);
  }

  /** Ends the auth process; the peer sees the connection close. */
  end(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#grace);
    this.#channel.destroy();
    this.#options.kill();
    this.#options.onEnded(this.#handedOver);
  }

  #graceExceeded(): void {
    const { peer, local, pid } = this.#options;
    this.#options.log(stableLines.graceExceeded(peer, local, pid));
    this.end();
  }

  #closed(reason: ChannelEnd): void {
    if (reason.kind === 'misbehaved') this.#misbehaved(reason.what);
    if (reason.kind === 'failed') this.#failed(reason.error);
    this.end();
  }

  #misbehaved(what: string): void {
    const { log, pid } = this.#options;
    log(ownLines.misbehaved('sshd-auth', pid, what));
  }

  #failed(error: unknown): void {
    this.#options.log(ownLines.failed('answering an sshd-auth process', error));
  }

  #receive(number: number, body: Uint8Array): void {
    const name = callOfNumber(authCalls, number);
    this.#waitingBytes += body.length;
    const isTooMuch = this.#waiting.length >= maximumWaitingCalls || this.#waitingBytes > maximumWaitingBytes;
    if (name === undefined || isTooMuch) throw new DecodeError('too many calls wait');
    this.#waiting.push({ name, body });
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (;;) {
      const call = this.#waiting.shift();
      if (call === undefined || this.#over) break;
      this.#waitingBytes -= call.body.length;
      try {
        await this.#answer(call);
      } catch (error) {
        if (error instanceof MonitorRefusal || error instanceof DecodeError) this.#misbehaved(error.message);
        else this.#failed(error);
        this.end();
      } finally {
        // A password, or the keys of a transport.
        call.body.fill(0);
      }
    }
    this.#busy = false;
  }

  async #answer({ name, body }: Call): Promise<void> {
    const { monitor } = this.#options;
    monitor.begin(name);
    switch (name) {
      case 'log':
        return this.#log(authCalls.log.fields.decode(body));
      case 'sign':
        return this.#reply(name, await monitor.sign(authCalls.sign.fields.decode(body)));
      case 'lookUpUser':
        return this.#reply(name, monitor.lookUpUser(authCalls.lookUpUser.fields.decode(body)));
      case 'checkNone':
        return this.#reply(name, await monitor.checkNone());
      case 'checkKey':
        return this.#reply(name, await monitor.checkKey(authCalls.checkKey.fields.decode(body)));
      case 'verifyKey':
        return this.#reply(name, await monitor.verifyKey(authCalls.verifyKey.fields.decode(body)));
      case 'verifyHost':
        return this.#reply(name, await monitor.verifyHost(authCalls.verifyHost.fields.decode(body)));
      case 'checkPassword':
        return this.#reply(name, await monitor.checkPassword(authCalls.checkPassword.fields.decode(body)));
      case 'handOver':
        return this.#handOver(authCalls.handOver.fields.decode(body).snapshot);
    }
  }

  #reply(call: keyof typeof answerOf, value: object): void {
    if (this.#over) return;
    const row = authAnswers[answerOf[call]] as unknown as FrameRow<object>;
    this.#channel.send(row, value);
  }

  #log(value: { readonly level: number; readonly line: string }): void {
    const level = logLevels[value.level];
    if (level === undefined) throw new DecodeError('log level is unknown');
    this.#options.log({ level, text: `${onOneLine(value.line)} [preauth]` });
  }

  #handOver(snapshot: Uint8Array): void {
    const login = this.#options.monitor.handOver();
    clearTimeout(this.#grace);
    this.#options.onHandOver(login, snapshot);
    this.#handedOver = true;
    this.end();
  }
}
