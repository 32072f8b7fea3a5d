// Two one-way streams as one: the standard input and output of a program (a proxy command, `sshd -i`) as a connection.
// Nothing is kept here: back-pressure and the last events are those of the halves.

import type { ByteStream } from './byte-stream.ts';

/** Reads from `input`, writes to `output`, and owns both. */
export function joinHalves(input: ByteStream, output: ByteStream): ByteStream {
  return new TwoWayStream(input, output);
}

class TwoWayStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onTaken?: (chunk: Uint8Array) => void;
  onClose?: (error?: Error) => void;
  readonly #input: ByteStream;
  readonly #output: ByteStream;
  #openHalves = 2;
  #error: Error | undefined;

  constructor(input: ByteStream, output: ByteStream) {
    this.#input = input;
    this.#output = output;
    input.onData = (chunk) => this.onData?.(chunk);
    input.onEnd = () => this.onEnd?.();
    output.onDrain = () => this.onDrain?.();
    output.onTaken = (chunk) => this.onTaken?.(chunk);
    input.onClose = (error) => this.#closed(error);
    output.onClose = (error) => this.#closed(error);
  }

  get bufferedBytes(): number {
    return this.#output.bufferedBytes;
  }

  pause(): void {
    this.#input.pause();
  }

  resume(): void {
    this.#input.resume();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return this.#output.write(chunks);
  }

  end(): void {
    this.#output.end();
  }

  destroy(): void {
    this.#input.destroy();
    this.#output.destroy();
  }

  /** An output that nobody reads is told when the input is over, as a socket does. */
  #closed(error: Error | undefined): void {
    this.#openHalves--;
    this.#error ??= error;
    if (this.#openHalves === 0) this.onClose?.(this.#error);
  }
}
