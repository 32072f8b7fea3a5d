// The process of one account: it has become the user and serves all of that account's connections, one
// AccountConnection each. The monitor brings connections (a command frame, with the descriptors waiting on the other
// socket) and tells it to stop.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { callOfNumber, limitsOf } from '@sallyport/protocol/codec/frame-table';
import type { ValueOf } from '@sallyport/protocol/codec/struct';
import { logLevels } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { StackSettings } from '../auth/stack-settings.ts';
import type { Grant } from '../authentication/grant.ts';
import { FrameChannel } from '../frames/frame-channel.ts';
import { accountCalls, accountCommands } from '../monitor/calls.ts';
import { ownLines } from '../own-lines.ts';
import type { SignRequest } from './account-connection.ts';
import { AccountConnection } from './account-connection.ts';

export interface AccountProcessOptions {
  readonly crypto: CryptoProvider;
  readonly monitor: ByteStream;
  readonly settings: StackSettings;
  /** Takes the descriptor that waits and makes a stream of it. */
  readonly takeStream: () => ByteStream;
  readonly onStopped: () => void;
}

export class AccountProcess {
  readonly #options: AccountProcessOptions;
  readonly #channel: FrameChannel;
  readonly #connections = new Map<number, AccountConnection>();
  #alone = false;

  constructor(options: AccountProcessOptions) {
    this.#options = options;
    this.#channel = new FrameChannel(options.monitor, {
      limitBytes: limitsOf(accountCommands),
      frame: (number, body) => this.#command(number, body),
      closed: () => this.#abandoned(),
    });
  }

  #command(number: number, body: Uint8Array): void {
    switch (callOfNumber(accountCommands, number)) {
      case 'adopt':
        return this.#adopt(accountCommands.adopt.fields.decode(body));
      case 'signature': {
        const { connection, signature } = accountCommands.signature.fields.decode(body);
        return this.#connections.get(connection)?.provideSignature(signature);
      }
      case 'signingFailed': {
        const { connection } = accountCommands.signingFailed.fields.decode(body);
        return this.#connections.get(connection)?.provideSignature(undefined);
      }
      case 'proof': {
        const { connection, signature } = accountCommands.proof.fields.decode(body);
        return this.#connections.get(connection)?.provideProof(signature.length === 0 ? undefined : signature);
      }
      case 'stop':
        return this.#finishAlone();
      default:
    }
  }

  #adopt(value: ValueOf<(typeof accountCommands)['adopt']['fields']>): void {
    const { connection } = value;
    let stream: ByteStream | undefined;
    try {
      stream = this.#options.takeStream();
      const adopted = new AccountConnection({
        crypto: this.#options.crypto,
        stream,
        sessionId: value.sessionId,
        snapshot: value.snapshot,
        settings: this.#options.settings,
        grant: JSON.parse(value.grant) as Grant,
        log: (line) => this.#log(connection, line),
        logDrain: () => this.#channel.drain,
        sign: (request) => this.#sign(connection, request),
        prove: (hostKey) => this.#prove(connection, hostKey),
        onEnded: () => this.#ended(connection),
      });
      this.#connections.set(connection, adopted);
      adopted.start();
    } catch (error) {
      stream?.destroy();
      this.#log(connection, ownLines.failed('taking a connection over', error));
      this.#ended(connection);
    }
  }

  #ended(connection: number): void {
    this.#connections.delete(connection);
    this.#channel.send(accountCalls.ended, { connection });
    if (this.#alone && this.#connections.size === 0) this.#options.onStopped();
  }

  /** The monitor is gone, without an answer to what it was asked last. */
  #abandoned(): void {
    this.#finishAlone();
    for (const connection of [...this.#connections.values()]) connection.abandonQuestions();
  }

  /** No more connections will come, and those that are there go on until they end. */
  #finishAlone(): void {
    this.#alone = true;
    if (this.#connections.size === 0) this.#options.onStopped();
  }

  #sign(connection: number, request: SignRequest): void {
    if (this.#alone) this.#connections.get(connection)?.provideSignature(undefined);
    else this.#channel.send(accountCalls.sign, { connection, ...request });
  }

  #prove(connection: number, hostKey: Uint8Array): void {
    if (this.#alone) this.#connections.get(connection)?.provideProof(undefined);
    else this.#channel.send(accountCalls.prove, { connection, hostKey });
  }

  #log(connection: number, line: LogLine): void {
    const level = logLevels.indexOf(line.level);
    const { facility } = line;
    if (facility !== undefined) {
      this.#channel.send(accountCalls.serviceLog, { connection, level, facility, line: line.text });
      return;
    }
    if (level > this.#options.settings.logThreshold) return;
    this.#channel.send(accountCalls.log, { connection, level, line: line.text });
  }
}
