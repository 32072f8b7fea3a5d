// One connection that has not authenticated, seen from the monitor: its auth process, its permissions, its grace
// time. Calls are answered one at a time and in order; whatever is not permitted ends the auth process and the
// connection with it.

import { logLevels } from '@sallyport/protocol/log/log';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { FrameRow } from '../frames/frame-channel.ts';
import { FrameChannel } from '../frames/frame-channel.ts';
import type { AuthCallName } from '../monitor/calls.ts';
import { answerOf, authAnswers, authCalls, callOfNumber, limitsOf } from '../monitor/calls.ts';
import type { Login, Monitor } from '../monitor/monitor.ts';
import { MonitorRefusal } from '../monitor/monitor.ts';

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
  /** The user is authenticated and the transport is here. */
  readonly onHandOver: (login: Login, snapshot: Uint8Array) => void;
  /** The connection is over without a login; also after onHandOver, when the auth process has ended. */
  readonly onEnded: (handedOver: boolean) => void;
}

interface Call {
  readonly name: AuthCallName;
  readonly body: Uint8Array;
}

const maximumWaitingCalls = 64;

export class PendingConnection {
  readonly #options: PendingOptions;
  readonly #channel: FrameChannel;
  readonly #waiting: Call[] = [];
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
    if (options.graceMs > 0) this.#grace = setTimeout(() => this.#graceExceeded(), options.graceMs);
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

  #closed(reason: 'ended' | 'misbehaved'): void {
    if (reason === 'misbehaved') this.#options.log({ level: 'error', text: 'auth process broke the monitor protocol' });
    this.end();
  }

  #receive(number: number, body: Uint8Array): void {
    const name = callOfNumber(authCalls, number);
    if (name === undefined || this.#waiting.length >= maximumWaitingCalls) throw new DecodeError('too many calls wait');
    this.#waiting.push({ name, body });
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (;;) {
      const call = this.#waiting.shift();
      if (call === undefined || this.#over) break;
      try {
        await this.#answer(call);
      } catch (error) {
        if (!(error instanceof MonitorRefusal) && !(error instanceof DecodeError)) throw error;
        this.#options.log({ level: 'error', text: `monitor: ${error.message}` });
        this.end();
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
        return this.#reply(name, monitor.sign(authCalls.sign.fields.decode(body)));
      case 'lookUpUser':
        return this.#reply(name, monitor.lookUpUser(authCalls.lookUpUser.fields.decode(body)));
      case 'checkNone':
        return this.#reply(name, await monitor.checkNone());
      case 'checkKey':
        return this.#reply(name, await monitor.checkKey(authCalls.checkKey.fields.decode(body)));
      case 'verifyKey':
        return this.#reply(name, await monitor.verifyKey(authCalls.verifyKey.fields.decode(body)));
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
    this.#options.log({ level, text: `${value.line} [preauth]` });
  }

  #handOver(snapshot: Uint8Array): void {
    const login = this.#options.monitor.handOver();
    clearTimeout(this.#grace);
    this.#handedOver = true;
    this.#options.onHandOver(login, snapshot);
    this.end();
  }
}
