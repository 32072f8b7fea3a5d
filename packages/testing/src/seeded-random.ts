// Random choices that are the same in every run, for fuzz tests: a failure is found again by its seed. It is the
// generator of xorshift32 and no source of secrets.

export class SeededRandom {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** A whole number from 0 to `below` - 1. */
  below(below: number): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) % below;
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  bytes(count: number): Uint8Array {
    return Uint8Array.from({ length: count }, () => this.below(256));
  }

  /** A copy with one small damage: a byte changed, cut off, put in, or a length field made extreme. */
  damage(bytes: Uint8Array): Uint8Array {
    const at = this.below(bytes.length + 1);
    const copy = bytes.slice();
    switch (this.below(5)) {
      case 0:
        copy[at] = this.below(256);
        return copy;
      case 1:
        copy[at] = (copy[at] ?? 0) ^ (1 << this.below(8));
        return copy;
      case 2:
        return copy.subarray(0, at);
      case 3:
        return Uint8Array.from([...copy.subarray(0, at), ...this.bytes(1 + this.below(4)), ...copy.subarray(at)]);
      default:
        copy.set(this.pick(extremes).subarray(0, Math.max(0, copy.length - at)), at);
        return copy;
    }
  }
}

const extremes = [
  Uint8Array.of(0, 0, 0, 0),
  Uint8Array.of(0, 0, 0, 1),
  Uint8Array.of(0x7f, 0xff, 0xff, 0xff),
  Uint8Array.of(0x80, 0, 0, 0),
  Uint8Array.of(0xff, 0xff, 0xff, 0xff),
];
