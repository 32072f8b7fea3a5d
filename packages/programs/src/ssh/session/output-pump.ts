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
  #unconsumedBytes = 0;
  #isFull = false;
  #isClosed = false;

  constructor(stream: ByteStream, options: OutputPumpOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.onDrain = () => {
      this.#isFull = false;
      this.#consume();
    };
    stream.onClose = () => this.#closed();
  }

  /** Keeps no reference to what is lent. */
  write(lent: Uint8Array): void {
    this.#unconsumedBytes += lent.length;
    if (!this.#isClosed) {
      const written = this.#stream.writeNow?.(lent) ?? 0;
      if (written < lent.length) this.#isFull = !this.#stream.write([lent.slice(written)]);
    }
    if (!this.#isFull && this.#unconsumedBytes >= consumptionBytes) this.#consume();
  }

  /**
   * Resolves when the system has taken everything, or nobody reads any more. The stream stays open: where it is a
   * socket, its end would be that of everybody who shares it, the log and the programs after us.
   */
  async flush(): Promise<void> {
    while (!this.#isClosed && this.#stream.bufferedBytes > 0) await sleep(flushPollMs);
  }

  #consume(): void {
    const bytes = this.#unconsumedBytes;
    this.#unconsumedBytes = 0;
    if (bytes > 0) this.#options.consumed(bytes);
  }

  #closed(): void {
    this.#isClosed = true;
    this.#isFull = false;
    this.#consume();
    this.#options.broken();
  }
}
