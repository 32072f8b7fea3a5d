// The bytes for the peer: packets are sealed straight into slabs, so that one turn gives few large chunks. What was
// taken is the caller's; a slab goes on being filled behind it.

const smallestSlabBytes = 4 * 1024;
const largestSlabBytes = 256 * 1024;

export class OutputBuffer {
  #slab = new Uint8Array(0);
  /** Where the untaken part of the slab begins and where it ends. */
  #from = 0;
  #at = 0;
  #full: Uint8Array[] = [];
  #pendingBytes = 0;
  #lastTurnBytes = 0;

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** The next `count` bytes of output, to be filled at once. */
  reserve(count: number): Uint8Array {
    if (this.#at + count > this.#slab.length) this.#nextSlab(count);
    const region = this.#slab.subarray(this.#at, this.#at + count);
    this.#at += count;
    this.#pendingBytes += count;
    return region;
  }

  append(bytes: Uint8Array): void {
    this.reserve(bytes.length).set(bytes);
  }

  /** Everything that was not taken yet, in order. */
  take(): Uint8Array[] {
    const chunks = this.#full;
    this.#full = [];
    if (this.#at > this.#from) chunks.push(this.#slab.subarray(this.#from, this.#at));
    this.#from = this.#at;
    this.#lastTurnBytes = this.#pendingBytes;
    this.#pendingBytes = 0;
    return chunks;
  }

  // A turn that gives much is likely to be followed by such a one, and a quiet connection keeps little memory.
  #nextSlab(count: number): void {
    if (this.#at > this.#from) this.#full.push(this.#slab.subarray(this.#from, this.#at));
    const wanted = 2 * Math.max(this.#lastTurnBytes, this.#pendingBytes);
    let capacity = smallestSlabBytes;
    while (capacity < wanted && capacity < largestSlabBytes) capacity *= 2;
    this.#slab = new Uint8Array(Math.max(capacity, count));
    this.#from = 0;
    this.#at = 0;
  }
}
