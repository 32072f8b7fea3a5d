// The bytes for the peer: packets are sealed straight into slabs, so that one turn gives few large chunks. What was
// taken is the caller's; a slab goes on being filled behind it. Callers that give chunks back when their bytes have
// left save the making of new slabs, which costs as much as sealing.

const smallestSlabBytes = 4 * 1024;
const largestSlabBytes = 256 * 1024;
/** Slabs of the largest size that wait to be used again. */
const maximumSpareSlabs = 4;
/** A slab up to this size is kept when traffic becomes small. */
const keptSlabBytes = 16 * 1024;
/** So many turns without a full slab make the spare ones and a large one go. */
const quietTurns = 16;

export class OutputBuffer {
  #slab: Uint8Array = new Uint8Array(0);
  /** Where the untaken part of the slab begins and where it ends. */
  #from = 0;
  #at = 0;
  #full: Uint8Array[] = [];
  #pendingBytes = 0;
  #lastTurnBytes = 0;
  /** How many chunks of a largest slab were taken and not given back. */
  readonly #lent = new WeakMap<ArrayBufferLike, number>();
  #spare: Uint8Array[] = [];
  #quiet = 0;

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
    if (this.#full.length > 0) this.#quiet = 0;
    else if (++this.#quiet === quietTurns) this.#spare = [];
    this.#cut();
    const chunks = this.#full;
    this.#full = [];
    if (this.#quiet === quietTurns && this.#slab.length > keptSlabBytes) this.#dropSlab();
    this.#lastTurnBytes = this.#pendingBytes;
    this.#pendingBytes = 0;
    return chunks;
  }

  /** The bytes of a chunk that was taken have left: when those of its whole slab have, the slab is used again. */
  recycle(chunk: Uint8Array): void {
    const { buffer } = chunk;
    const lent = this.#lent.get(buffer);
    if (lent === undefined) return;
    this.#lent.set(buffer, lent - 1);
    if (lent === 1 && buffer !== this.#slab.buffer) this.#keep(buffer);
  }

  #dropSlab(): void {
    this.#slab = new Uint8Array(0);
    this.#from = 0;
    this.#at = 0;
  }

  #keep(buffer: ArrayBufferLike): void {
    this.#lent.delete(buffer);
    if (this.#spare.length < maximumSpareSlabs) this.#spare.push(new Uint8Array(buffer));
  }

  /** What was written since the last cut becomes a chunk. */
  #cut(): void {
    if (this.#at === this.#from) return;
    this.#full.push(this.#slab.subarray(this.#from, this.#at));
    this.#from = this.#at;
    const lent = this.#lent.get(this.#slab.buffer);
    if (lent !== undefined) this.#lent.set(this.#slab.buffer, lent + 1);
  }

  // A turn that gives much is likely to be followed by such a one, and a quiet connection keeps little memory.
  #nextSlab(count: number): void {
    this.#cut();
    const left = this.#slab;
    const wanted = 2 * Math.max(this.#lastTurnBytes, this.#pendingBytes);
    let capacity = smallestSlabBytes;
    while (capacity < wanted && capacity < largestSlabBytes) capacity *= 2;
    this.#slab = this.#makeSlab(Math.max(capacity, count));
    this.#from = 0;
    this.#at = 0;
    if (this.#lent.get(left.buffer) === 0) this.#keep(left.buffer);
  }

  #makeSlab(bytes: number): Uint8Array {
    if (bytes !== largestSlabBytes) return new Uint8Array(bytes);
    const slab = this.#spare.pop() ?? new Uint8Array(bytes);
    this.#lent.set(slab.buffer, 0);
    return slab;
  }
}
