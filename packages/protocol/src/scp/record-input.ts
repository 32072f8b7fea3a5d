// The input of both engines: bytes that came and were not used yet, cut into lines and data. What remains when the
// engine waits is copied, so that the caller's chunk is its own again; not by slice(), which copies nothing of a chunk
// that is a Buffer of Node.

import { concatBytes } from '../wire/bytes.ts';
import { maximumRecordBytes } from './records.ts';

const newline = 0x0a;

export class RecordInput {
  #bytes: Uint8Array = new Uint8Array(0);

  receive(chunk: Uint8Array): void {
    this.#bytes = this.#bytes.length === 0 ? chunk : concatBytes(this.#bytes, chunk);
  }

  get length(): number {
    return this.#bytes.length;
  }

  /** The next byte, which stays. */
  peek(): number | undefined {
    return this.#bytes[0];
  }

  /** A view of at most so many bytes. */
  take(maximumBytes: number): Uint8Array {
    const taken = this.#bytes.subarray(0, maximumBytes);
    this.#bytes = this.#bytes.subarray(taken.length);
    return taken;
  }

  /** A line without its end, a copy; undefined until it is whole, and 'too-long' when it never will be. */
  takeLine(): Uint8Array | undefined | 'too-long' {
    const end = this.#bytes.subarray(0, maximumRecordBytes).indexOf(newline);
    if (end < 0) return this.#bytes.length >= maximumRecordBytes ? 'too-long' : undefined;
    const line = concatBytes(this.take(end));
    this.#bytes = this.#bytes.subarray(1);
    return line;
  }

  /** Call when no event is left: nothing of the caller's chunk is kept after this. */
  settle(): void {
    this.#bytes = concatBytes(this.#bytes);
  }

  drop(): void {
    this.#bytes = new Uint8Array(0);
  }
}
