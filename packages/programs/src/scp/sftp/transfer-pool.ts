// Several files at the same time, where the user named several: as many as pay, never two for the same target, and in
// the order in which they were named.

export class TransferPool {
  readonly #running = new Map<string, Promise<void>>();
  readonly #most: number;
  #failure: unknown;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves when the next may be named. The first that rejects ends all: nothing is begun after it. */
  async run(target: string, act: () => Promise<void>): Promise<void> {
    await this.#running.get(target);
    while (this.#running.size >= this.#most) await Promise.race(this.#running.values());
    this.#throwFailure();
    const running = act()
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => this.#running.delete(target));
    this.#running.set(target, running);
  }

  /** Resolves when all are done. */
  async finish(): Promise<void> {
    await Promise.all(this.#running.values());
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
