// A bounded queue that one reader iterates: what comes while nobody
// reads waits, and what is too much is refused.

const maximumWaiting = 256;

export class RequestQueue<T> implements AsyncIterable<T> {
  readonly #waiting: T[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  /** Whether there was room. */
  push(value: T): boolean {
    if (this.#ended || this.#waiting.length >= maximumWaiting) return false;
    this.#waiting.push(value);
    this.#wake?.();
    return true;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const next = this.#waiting.shift();
      if (next !== undefined) yield next;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}
