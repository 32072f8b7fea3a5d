// The standard input and output of a remote program as one ByteStream of this process: what sftp and scp speak their
// protocols over. The window of the server opens again as what came is delivered. Its error output is the owner's.

import type { ChannelWindow } from '@sallyport/protocol/connection/events';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { ConnectionPort } from '../connection-port.ts';
import { unknownStatus } from './outcome.ts';
import type { SessionChannelOptions, SessionChannelOwner } from './session-channel.ts';
import { SessionChannel } from './session-channel.ts';

export interface ProgramStreamOwner {
  /** A view that is valid until this returns. */
  errorOutput(data: Uint8Array): void;
  /** The last call: the channel is gone. `status` is unknownStatus when the program told none. */
  over(status: number): void;
}

/** Large enough for a transfer over a long way; packets larger than OpenSSH's, for servers that like them. */
const transferWindow: ChannelWindow = { bytes: 9 * 1024 * 1024, maximumPacketBytes: 128 * 1024 };
/** A small part of the window: the server need not be told more often, and never runs dry. */
const consumptionBytes = 1024 * 1024;
/** write() asks for a pause from here on. */
const enoughQueuedBytes = 1024 * 1024;

export class ProgramStream implements ByteStream, SessionChannelOwner {
  onData?: (chunk: Uint8Array) => void;
  onView?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onClose?: (error?: Error) => void;
  readonly #owner: ProgramStreamOwner;
  readonly #channel: SessionChannel;
  #status = unknownStatus;
  #isPaused = true;
  #held: Uint8Array[] = [];
  #unconsumedBytes = 0;
  /** Written before the channel was open. */
  #early: Uint8Array[] = [];
  #output: 'flowing' | 'ended' | 'told' = 'flowing';
  #isEndDue = false;
  #isDrainDue = false;
  #isOpen = false;
  #isOver = false;

  constructor(port: ConnectionPort, options: Omit<SessionChannelOptions, 'window'>, owner: ProgramStreamOwner) {
    this.#owner = owner;
    this.#channel = new SessionChannel(port, { ...options, window: transferWindow }, this);
  }

  get bufferedBytes(): number {
    return this.#early.reduce((sum, { length }) => sum + length, this.#channel.queuedBytes);
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    while (!this.#isPaused && this.#held.length > 0) this.#deliver(this.#held.shift() as Uint8Array);
    this.#tellEnd();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    if (this.#isOver || this.#isEndDue) return true;
    if (this.#isOpen) for (const chunk of chunks) this.#channel.send(chunk);
    else this.#early.push(...chunks);
    if (this.bufferedBytes >= enoughQueuedBytes) this.#isDrainDue = true;
    return !this.#isDrainDue;
  }

  end(): void {
    this.#isEndDue = true;
    if (this.#isOpen) this.#channel.sendEof();
  }

  destroy(): void {
    this.#output = 'told';
    this.#held = [];
    this.#finish();
  }

  opened(): void {
    this.#isOpen = true;
    for (const chunk of this.#early) this.#channel.send(chunk);
    this.#early = [];
    if (this.#isEndDue) this.#channel.sendEof();
  }

  received(data: Uint8Array, isError: boolean): void {
    if (isError) {
      this.#owner.errorOutput(data);
      this.#consume(data.length);
    } else if (this.#isPaused || this.#held.length > 0) this.#held.push(new Uint8Array(data));
    else if (!this.#isOver) this.#deliver(data);
  }

  sendingPossible(): void {
    if (!this.#isDrainDue || this.bufferedBytes >= enoughQueuedBytes / 2) return;
    this.#isDrainDue = false;
    this.onDrain?.();
  }

  outputEnded(): void {
    if (this.#output === 'flowing') this.#output = 'ended';
    this.#tellEnd();
  }

  /** What is written from now on goes nowhere; the end of the program says why. */
  inputUnwanted(): void {
    this.#isEndDue = true;
  }

  exited(status: number): void {
    this.#status = status;
  }

  terminalRefused(): void {
    // None was asked for.
  }

  programRefused(): void {
    this.#status = unknownStatus;
    this.closed();
  }

  closed(): void {
    this.outputEnded();
    this.#finish();
  }

  /** The connection is gone: nothing more comes. */
  lost(): void {
    this.closed();
  }

  /** A view: copied for who keeps it. */
  #deliver(chunk: Uint8Array): void {
    if (this.onView === undefined) this.onData?.(new Uint8Array(chunk));
    else this.onView(chunk);
    this.#consume(chunk.length);
  }

  #consume(bytes: number): void {
    this.#unconsumedBytes += bytes;
    if (this.#unconsumedBytes < consumptionBytes) return;
    this.#channel.consume(this.#unconsumedBytes);
    this.#unconsumedBytes = 0;
  }

  #tellEnd(): void {
    if (this.#output !== 'ended' || this.#isPaused || this.#held.length > 0) return;
    this.#output = 'told';
    this.onEnd?.();
    if (this.#isOver) this.#close();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner.over(this.#status);
    if (this.#output === 'told') this.#close();
  }

  #close(): void {
    queueMicrotask(() => this.onClose?.());
  }
}
