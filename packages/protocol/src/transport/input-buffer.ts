// The bytes that came from the peer and were not used yet, in one slab in which packets are opened in place. Chunks are
// copied in once; what is left of a packet moves to the front only when the slab has no room behind it. Views of it are
// valid until the next append.

const smallestSlabBytes = 4096;
/** A slab up to this size is kept when traffic becomes small. */
const keptSlabBytes = 64 * 1024;
/** So many small chunks in a row make a large slab go. */
const quietChunks = 16;

export class InputBuffer {
  #slab = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #quiet = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  append(chunk: Uint8Array): void {
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = 0;
      this.#shrink(chunk.length);
    }
    if (this.#end + chunk.length > this.#slab.length) this.#makeRoom(chunk.length);
    this.#slab.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** The bytes from an offset on, as a view. */
  view(from: number, to: number): Uint8Array {
    return this.#slab.subarray(this.#start + from, this.#start + to);
  }

  /** Where a byte is, counted from the first one, or -1. */
  indexOf(byte: number, from: number): number {
    const at = this.view(from, this.length).indexOf(byte);
    return at < 0 ? at : at + from;
  }

  consume(count: number): void {
    this.#start += count;
  }

  #makeRoom(count: number): void {
    const used = this.length;
    const needed = used + count;
    if (needed <= this.#slab.length) {
      this.#slab.copyWithin(0, this.#start, this.#end);
    } else {
      let capacity = Math.max(smallestSlabBytes, this.#slab.length);
      while (capacity < needed) capacity *= 2;
      const grown = new Uint8Array(capacity);
      grown.set(this.view(0, used));
      this.#slab = grown;
    }
    this.#start = 0;
    this.#end = used;
  }

  #shrink(chunkBytes: number): void {
    if (this.#slab.length <= keptSlabBytes || chunkBytes * 16 > this.#slab.length) {
      this.#quiet = 0;
    } else if (++this.#quiet === quietChunks) {
      this.#slab = new Uint8Array(0);
      this.#quiet = 0;
    }
  }
}
