// Writes the data types of RFC 4251 section 5 into one growing buffer. The counterpart of reader.ts; it checks what it
// is given only where a wrong value could not be written.

import { writeUint32 } from './bytes.ts';
import { bytesFromBigint, mpintBody } from './mpint.ts';
import { utf8Encode } from './utf8.ts';

/** What a writer that has nothing takes at once. */
const leastBytes = 64;
const empty: Uint8Array = new Uint8Array(0);

export class Writer {
  #buffer: Uint8Array;
  #length = 0;

  constructor(capacityBytes = 256) {
    this.#buffer = new Uint8Array(capacityBytes);
  }

  get length(): number {
    return this.#length;
  }

  #reserve(count: number): number {
    const at = this.#length;
    const needed = at + count;
    if (needed > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2, leastBytes));
      grown.set(this.#buffer.subarray(0, at));
      this.#buffer.fill(0);
      this.#buffer = grown;
    }
    this.#length = needed;
    return at;
  }

  byte(value: number): this {
    const at = this.#reserve(1);
    this.#buffer[at] = value;
    return this;
  }

  boolean(value: boolean): this {
    return this.byte(value ? 1 : 0);
  }

  uint32(value: number): this {
    const at = this.#reserve(4);
    writeUint32(this.#buffer, at, value);
    return this;
  }

  uint64(value: bigint): this {
    this.uint32(Number((value >> 32n) & 0xffffffffn));
    return this.uint32(Number(value & 0xffffffffn));
  }

  raw(bytes: Uint8Array): this {
    const at = this.#reserve(bytes.length);
    this.#buffer.set(bytes, at);
    return this;
  }

  string(value: Uint8Array | string): this {
    const bytes = typeof value === 'string' ? utf8Encode(value) : value;
    return this.uint32(bytes.length).raw(bytes);
  }

  nameList(names: readonly string[]): this {
    return this.string(names.join(','));
  }

  /** An mpint from a number or from unsigned big-endian bytes. */
  mpint(value: bigint | Uint8Array): this {
    return this.string(mpintBody(typeof value === 'bigint' ? bytesFromBigint(value) : value));
  }

  /** A copy of what was written. */
  bytes(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** Writes over four bytes at an offset; for a length that is known only when what follows it has been written. */
  setUint32(at: number, value: number): void {
    if (at + 4 > this.#length) throw new Error('only what was written can be written over');
    writeUint32(this.#buffer, at, value);
  }

  /** What was written, without a copy: it is the caller's, and the writer begins anew. */
  release(): Uint8Array {
    const written = this.#buffer.subarray(0, this.#length);
    this.#buffer = empty;
    this.#length = 0;
    return written;
  }

  /** Overwrites what was written; for messages that carry secrets. */
  wipe(): void {
    this.#buffer.fill(0);
    this.#length = 0;
  }
}
