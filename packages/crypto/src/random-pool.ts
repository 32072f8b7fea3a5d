// The system's CSPRNG behind a small pool: a call of the runtime costs several microseconds, and a busy transport asks
// for padding in every packet. Bytes that were handed out are overwritten in the pool.

import { randomFillSync } from 'node:crypto';

const poolBytes = 4096;
const pooledRequestBytes = 256;

export class RandomPool {
  readonly #pool = new Uint8Array(poolBytes);
  #used = poolBytes;

  /** Fills the array and returns it. */
  draw(target: Uint8Array): Uint8Array {
    if (target.length > pooledRequestBytes) return randomFillSync(target);
    if (this.#used + target.length > poolBytes) {
      randomFillSync(this.#pool);
      this.#used = 0;
    }
    const end = this.#used + target.length;
    target.set(this.#pool.subarray(this.#used, end));
    this.#pool.fill(0, this.#used, end);
    this.#used = end;
    return target;
  }
}
