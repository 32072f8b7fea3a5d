// A stream that counts what passes and remembers when something last came: for the line about transferred bytes and for
// the questions of ServerAliveInterval, which only silence asks.

import type { ByteStream } from '@sallyport/system/byte-stream';

export class MeteredStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onView?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onTaken?: (chunk: Uint8Array) => void;
  onClose?: (error?: Error) => void;
  receivedBytes = 0;
  sentBytes = 0;
  /** Milliseconds of performance.now(). */
  heardAt = performance.now();
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    stream.onData = (chunk) => {
      this.#heard(chunk.length);
      this.onData?.(chunk);
    };
    stream.onView = (chunk) => {
      this.#heard(chunk.length);
      if (this.onView === undefined) this.onData?.(new Uint8Array(chunk));
      else this.onView(chunk);
    };
    stream.onEnd = () => this.onEnd?.();
    stream.onDrain = () => this.onDrain?.();
    stream.onTaken = (chunk) => this.onTaken?.(chunk);
    stream.onClose = (error) => this.onClose?.(error);
  }

  #heard(bytes: number): void {
    this.receivedBytes += bytes;
    this.heardAt = performance.now();
  }

  get bufferedBytes(): number {
    return this.#stream.bufferedBytes;
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    for (const { length } of chunks) this.sentBytes += length;
    return this.#stream.write(chunks);
  }

  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    this.#stream.destroy();
  }
}
