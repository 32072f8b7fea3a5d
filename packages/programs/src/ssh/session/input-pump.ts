// The user's input on its way to the server: chunk by chunk as it comes, no faster than the channel takes it, and its
// end as EOF (RFC 4254 section 5.3).

import type { ByteStream } from '@sallyport/system/byte-stream';

export interface InputPumpOptions {
  /** Gets a chunk for good. */
  readonly send: (chunk: Uint8Array) => void;
  /** Bytes that wait in the channel. */
  readonly queuedBytes: () => number;
  readonly end: () => void;
}

/** More than this does not wait in a channel. */
const enoughQueuedBytes = 512 * 1024;

export class InputPump {
  readonly #stream: ByteStream;
  readonly #options: InputPumpOptions;
  #state: 'waiting' | 'flowing' | 'held' | 'over' = 'waiting';

  constructor(stream: ByteStream, options: InputPumpOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.onData = (chunk) => {
      options.send(chunk);
      this.#holdIfFull();
    };
    stream.onEnd = () => this.#end();
    stream.onClose = () => this.#end();
  }

  /** Nothing is read before. */
  start(): void {
    if (this.#state !== 'waiting') return;
    this.#state = 'flowing';
    this.#stream.resume();
  }

  /** The channel has room again. */
  sendingPossible(): void {
    if (this.#state !== 'held' || this.#options.queuedBytes() >= enoughQueuedBytes) return;
    this.#state = 'flowing';
    this.#stream.resume();
  }

  /** Nobody wants the rest, which is left to whoever shares our input; no EOF is sent for it. */
  stop(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#stream.pause();
  }

  #holdIfFull(): void {
    if (this.#state !== 'flowing' || this.#options.queuedBytes() < enoughQueuedBytes) return;
    this.#state = 'held';
    this.#stream.pause();
  }

  #end(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#options.end();
  }
}
