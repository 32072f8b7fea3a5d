// Reads the data types of RFC 4251 section 5 from one message. Every length is checked before anything is made of it;
// byte strings are views of the input, so who keeps one copies it.

import { readUint32 } from './bytes.ts';
import { DecodeError } from './decode-error.ts';
import { bigintFromBytes, mpintMagnitude } from './mpint.ts';
import { parseNameList } from './name-list.ts';
import { utf8Decode } from './utf8.ts';

export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next `count` bytes, as a view. @throws DecodeError when fewer are left */
  take(count: number): Uint8Array {
    if (count > this.remaining) throw new DecodeError('message ends early');
    const from = this.#at;
    this.#at += count;
    return this.#bytes.subarray(from, this.#at);
  }

  byte(): number {
    if (this.remaining < 1) throw new DecodeError('message ends early');
    return this.#bytes[this.#at++] as number;
  }

  boolean(): boolean {
    return this.byte() !== 0;
  }

  uint32(): number {
    if (this.remaining < 4) throw new DecodeError('message ends early');
    const value = readUint32(this.#bytes, this.#at);
    this.#at += 4;
    return value;
  }

  uint64(): bigint {
    const high = BigInt(this.uint32());
    return (high << 32n) | BigInt(this.uint32());
  }

  /** A `string` as bytes (a view). */
  string(): Uint8Array {
    return this.take(this.uint32());
  }

  /** A `string` as text; malformed UTF-8 becomes U+FFFD. */
  text(): string {
    return utf8Decode(this.string());
  }

  nameList(): string[] {
    return parseNameList(this.string());
  }

  /** A non-negative mpint as its unsigned big-endian bytes (a view). */
  mpintBytes(): Uint8Array {
    return mpintMagnitude(this.string());
  }

  mpint(): bigint {
    return bigintFromBytes(this.mpintBytes());
  }

  /** All bytes that are left, as a view. */
  rest(): Uint8Array {
    return this.take(this.remaining);
  }

  /** @throws DecodeError when bytes are left */
  end(): void {
    if (this.remaining > 0) throw new DecodeError(`message has ${this.remaining} bytes after its last field`);
  }
}
