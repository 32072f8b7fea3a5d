// DER (X.690 section 10), as far as key files need it: definite lengths in their shortest form, tags of one byte,
// non-negative integers. Strict when reading: whatever could be written in two ways is refused.

import { concatBytes } from './bytes.ts';
import { DecodeError } from './decode-error.ts';

export const derTags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectIdentifier: 0x06,
  sequence: 0x30,
  /** Context-specific and constructed: [0], [1]. */
  context0: 0xa0,
  context1: 0xa1,
  /** Context-specific and primitive: [1]. */
  implicit1: 0x81,
} as const;

const longForm = 0x80;
const maximumLengthBytes = 4;

export class DerReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Whether an element of that tag is next. */
  isNext(tag: number): boolean {
    return this.#bytes[this.#at] === tag;
  }

  /** The contents of the next element, a view. @throws DecodeError when it is of another tag */
  read(tag: number): Uint8Array {
    if (!this.isNext(tag)) throw new DecodeError('DER element has another tag');
    this.#at++;
    const length = this.#readLength();
    if (length > this.remaining) throw new DecodeError('DER element ends early');
    const start = this.#at;
    this.#at += length;
    return this.#bytes.subarray(start, this.#at);
  }

  sequence(): DerReader {
    return new DerReader(this.read(derTags.sequence));
  }

  /** The magnitude of a non-negative integer without leading zeros; a view. */
  integer(): Uint8Array {
    const content = this.read(derTags.integer);
    const [first, second = longForm] = content;
    if (first === undefined || first >= longForm) throw new DecodeError('DER integer is negative or empty');
    if (first !== 0) return content;
    if (content.length > 1 && second < longForm) throw new DecodeError('DER integer has leading zeros');
    return content.subarray(1);
  }

  /** An integer of at most 32 bits. */
  smallInteger(): number {
    const magnitude = this.integer();
    if (magnitude.length > 4) throw new DecodeError('DER integer is too large');
    return magnitude.reduce((value, byte) => value * 256 + byte, 0);
  }

  /** A bit string of whole bytes. */
  bitString(): Uint8Array {
    const content = this.read(derTags.bitString);
    if (content[0] !== 0) throw new DecodeError('DER bit string is not of whole bytes');
    return content.subarray(1);
  }

  /** @throws DecodeError when elements are left */
  end(): void {
    if (this.remaining > 0) throw new DecodeError('DER element has bytes behind it');
  }

  #readLength(): number {
    const first = this.#byte();
    if (first < longForm) return first;
    const count = first - longForm;
    if (count === 0 || count > maximumLengthBytes) throw new DecodeError('DER length has a refused form');
    let length = 0;
    for (let i = 0; i < count; i++) {
      length = length * 256 + this.#byte();
      if (length === 0) throw new DecodeError('DER length is not in its shortest form');
    }
    if (length < longForm) throw new DecodeError('DER length is not in its shortest form');
    return length;
  }

  #byte(): number {
    if (this.remaining < 1) throw new DecodeError('DER element ends early');
    return this.#bytes[this.#at++] as number;
  }
}

/** An element of that tag with the parts as its contents; the parts are copied, and wiped by who made them. */
export function derElement(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const contents = parts.reduce((sum, part) => sum + part.length, 0);
  return concatBytes(Uint8Array.of(tag, ...lengthBytes(contents)), ...parts);
}

/** An integer from its magnitude. */
export function derInteger(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length && magnitude[start] === 0) start++;
  const digits = magnitude.subarray(start);
  const needsZero = digits.length === 0 || (digits[0] as number) >= longForm;
  return derElement(derTags.integer, new Uint8Array(needsZero ? 1 : 0), digits);
}

export function derBitString(bytes: Uint8Array): Uint8Array {
  return derElement(derTags.bitString, new Uint8Array(1), bytes);
}

function lengthBytes(length: number): number[] {
  if (length < longForm) return [length];
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return [longForm + digits.length, ...digits];
}
