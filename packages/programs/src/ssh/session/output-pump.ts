// Bytes of the server on their way to stdout or stderr: what the system takes at once is never copied, the rest waits
// in copies, and the window of the server opens again when all of it has been taken.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ByteStream } from '@sallyport/system/byte-stream';

export interface OutputPumpOptions {
  /** So many bytes have been passed on, or dropped because nobody reads. */
  readonly consumed: (bytes: number) => void;
  /** The reader has gone away: what follows is dropped. */
  readonly broken: () => void;
}

/** A small part of the window of a session: it need not be told more often, and the server never runs dry. */
const consumptionBytes = 128 * 1024;
/** How often flush() looks again: streams report only what was too much. */
const flushPollMs = 2;

export class OutputPump {
  readonly #stream: ByteStream;
  readonly #options: OutputPumpOptions;
  readonly #ended: Promise<void>;
  #settleEnd: () => void = () => undefined;
  #unconsumedBytes = 0;
  #isFull = false;
  #state: 'open' | 'ending' | 'closed' = 'open';

  constructor(stream: ByteStream, options: OutputPumpOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#settleEnd = resolve;
    });
    stream.onDrain = () => {
      this.#isFull = false;
      this.#consume();
    };
    stream.onClose = () => this.#closed();
  }

  /** Keeps no reference to what is lent. */
  write(lent: Uint8Array): void {
    this.#unconsumedBytes += lent.length;
    if (this.#state === 'open') {
      const written = this.#stream.writeNow?.(lent) ?? 0;
      if (written < lent.length) this.#isFull = !this.#stream.write([lent.slice(written)]);
    }
    if (!this.#isFull && this.#unconsumedBytes >= consumptionBytes) this.#consume();
  }

  /** Resolves when the system has taken everything, or nobody reads any more. */
  end(): Promise<void> {
    if (this.#state === 'open') {
      this.#state = 'ending';
      this.#stream.end();
    }
    return this.#ended;
  }

  /** Resolves when the system has taken everything; the stream stays open, for lines of the log on the same socket. */
  async flush(): Promise<void> {
    while (this.#state === 'open' && this.#stream.bufferedBytes > 0) await sleep(flushPollMs);
  }

  #consume(): void {
    const bytes = this.#unconsumedBytes;
    this.#unconsumedBytes = 0;
    if (bytes > 0) this.#options.consumed(bytes);
  }

  #closed(): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#isFull = false;
    this.#consume();
    if (wasOpen) this.#options.broken();
    this.#settleEnd();
  }
}
