// A ByteStream of the system, and its other end in the hands of a test: raw bytes out, raw bytes in, and what happens
// to the connection. Both are ends of one socket pair.

import type { ByteStream } from '@sallyport/system/byte-stream';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { socketPair } from '@sallyport/system/descriptors';

const patienceMs = 30_000;

/** A stream as it is given to what is tested, and the end that the test plays. */
export function streamPair(): { readonly stream: ByteStream; readonly end: StreamEnd } {
  const [one, other] = socketPair('stream');
  return { stream: openDescriptor(one), end: new StreamEnd(openDescriptor(other)) };
}

export class StreamEnd {
  readonly #stream: ByteStream;
  #received = Buffer.alloc(0);
  #closed = false;
  #wake: () => void = () => undefined;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    stream.onData = (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    };
    stream.onEnd = () => this.#over();
    stream.onClose = () => this.#over();
    stream.resume();
  }

  send(...chunks: readonly Uint8Array[]): void {
    this.#stream.write(chunks);
  }

  /** Takes that many bytes, waiting for them. */
  async take(bytes: number): Promise<Buffer> {
    await this.#until(() => this.#received.length >= bytes, `${bytes} bytes`);
    const taken = this.#received.subarray(0, bytes);
    this.#received = this.#received.subarray(bytes);
    return taken;
  }

  /** What has come and was not taken. */
  get received(): Buffer {
    return this.#received;
  }

  /** Waits until the other side has closed. */
  closed(): Promise<void> {
    return this.#until(() => this.#closed, 'the end');
  }

  close(): void {
    this.#stream.destroy();
  }

  #over(): void {
    this.#closed = true;
    this.#wake();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!holds()) {
      const leftMs = deadline - performance.now();
      if (leftMs <= 0 || this.#closed) throw new Error(`${what} did not come; ${this.#received.length} bytes did`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, leftMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}
