// Bytes of the server on their way to stdout or stderr. Views that are lent become copies, all of one turn leave with
// one write, and the server's window opens again when the system has taken them.

import type { ByteStream } from '@sallyport/system/byte-stream';

export interface OutputPumpOptions {
  /** So many bytes have been passed on, or dropped because nobody reads. */
  readonly consumed: (bytes: number) => void;
  /** The reader has gone away: what follows is dropped. */
  readonly broken: () => void;
}

export class OutputPump {
  readonly #stream: ByteStream;
  readonly #options: OutputPumpOptions;
  #waiting: Uint8Array[] = [];
  #unconsumedBytes = 0;
  #isFlushDue = false;
  #isFull = false;
  #state: 'open' | 'ending' | 'closed' = 'open';
  readonly #ended: Promise<void>;
  #settleEnd: () => void = () => undefined;

  constructor(stream: ByteStream, options: OutputPumpOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.onDrain = () => {
      this.#isFull = false;
      this.#consume();
    };
    stream.onClose = () => this.#closed();
    this.#ended = new Promise((resolve) => {
      this.#settleEnd = resolve;
    });
  }

  /** Takes a copy of what is lent. */
  write(lent: Uint8Array): void {
    this.#unconsumedBytes += lent.length;
    if (this.#state === 'open') this.#waiting.push(lent.slice());
    if (this.#isFlushDue) return;
    this.#isFlushDue = true;
    queueMicrotask(() => this.#flush());
  }

  /** Resolves when the system has taken everything, or nobody reads any more. */
  end(): Promise<void> {
    if (this.#state === 'open') {
      this.#flush();
      this.#state = 'ending';
      this.#stream.end();
    }
    return this.#ended;
  }

  #flush(): void {
    this.#isFlushDue = false;
    const chunks = this.#waiting;
    this.#waiting = [];
    if (this.#state === 'open' && chunks.length > 0) this.#isFull = !this.#stream.write(chunks);
    if (!this.#isFull) this.#consume();
  }

  #consume(): void {
    const bytes = this.#unconsumedBytes;
    this.#unconsumedBytes = 0;
    if (bytes > 0) this.#options.consumed(bytes);
  }

  #closed(): void {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#waiting = [];
    this.#isFull = false;
    this.#consume();
    if (wasOpen) this.#options.broken();
    this.#settleEnd();
  }
}
