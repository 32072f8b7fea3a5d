// A set of byte strings in one buffer, each behind its length, for hundreds of thousands of keys and digests: four
// bytes an entry beside the entry itself, no object for each. Entries that come in order, as they do from a file that a
// program wrote, are not sorted again.

import { readUint32, writeUint32 } from '../../wire/bytes.ts';

const lengthBytes = 4;

export class ByteStrings {
  #bytes: Uint8Array;
  #used: number;
  #offsets = new Uint32Array(16);
  #count = 0;
  #inOrder = true;

  /** Over a buffer that is there already, whose entries `include` names; it is never written to. */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.#bytes = bytes;
    this.#used = bytes.length;
  }

  /** How many were added, equal ones included. */
  get size(): number {
    return this.#count;
  }

  /** Adds the entry whose length stands at the offset. The caller has checked that it is whole. */
  include(offset: number): void {
    if (this.#count === this.#offsets.length) {
      const grown = new Uint32Array(this.#count * 2);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    if (this.#inOrder && this.#count > 0) {
      this.#inOrder = this.#compare(this.#offsets[this.#count - 1] as number, offset) <= 0;
    }
    this.#offsets[this.#count++] = offset;
  }

  /** Adds a copy of the entry. */
  append(entry: Uint8Array): void {
    const at = this.#used;
    const end = at + lengthBytes + entry.length;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2, 1024));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
    }
    writeUint32(this.#bytes, at, entry.length);
    this.#bytes.set(entry, at + lengthBytes);
    this.#used = end;
    this.include(at);
  }

  has(entry: Uint8Array): boolean {
    const offsets = this.#sorted();
    let low = 0;
    let high = offsets.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compareBytes(this.#entryAt(offsets[middle] as number), entry);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  /** The different entries, in the order of their bytes; views of the buffer. */
  *[Symbol.iterator](): Generator<Uint8Array> {
    let last: Uint8Array | undefined;
    for (const offset of this.#sorted()) {
      const entry = this.#entryAt(offset);
      if (last !== undefined && compareBytes(last, entry) === 0) continue;
      last = entry;
      yield entry;
    }
  }

  #sorted(): Uint32Array {
    const offsets = this.#offsets.subarray(0, this.#count);
    if (!this.#inOrder) offsets.sort((a, b) => this.#compare(a, b));
    this.#inOrder = true;
    return offsets;
  }

  #entryAt(offset: number): Uint8Array {
    const start = offset + lengthBytes;
    return this.#bytes.subarray(start, start + readUint32(this.#bytes, offset));
  }

  // Without views, as sorting comes here very often.
  #compare(a: number, b: number): number {
    const bytes = this.#bytes;
    const [aLength, bLength] = [readUint32(bytes, a), readUint32(bytes, b)];
    const shared = Math.min(aLength, bLength);
    for (let i = lengthBytes; i < shared + lengthBytes; i++) {
      const difference = (bytes[a + i] as number) - (bytes[b + i] as number);
      if (difference !== 0) return difference;
    }
    return aLength - bLength;
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
