// Counts what a client tries: failed attempts (MaxAuthTries) and requests of any kind, so that queries, `none` and
// partial successes cannot go on for ever. It decides nothing about what counts: the owner says so.

/** Requests of any outcome that one connection may make, unless told otherwise. */
const defaultMaximumRequests = 128;

export class AttemptLimits {
  readonly #maximumFailures: number;
  readonly #maximumRequests: number;
  #failures = 0;
  #requests = 0;

  constructor(maximumFailures: number, maximumRequests = defaultMaximumRequests) {
    this.#maximumFailures = maximumFailures;
    this.#maximumRequests = maximumRequests;
  }

  /** The number of the attempt that runs now, from 1. */
  get attempt(): number {
    return this.#failures + 1;
  }

  /** Whether one more request may be looked at. */
  countRequest(): boolean {
    this.#requests++;
    return this.#requests <= this.#maximumRequests;
  }

  /** Whether another attempt may follow this failed one. */
  countFailure(): boolean {
    this.#failures++;
    return this.#failures < this.#maximumFailures;
  }
}
