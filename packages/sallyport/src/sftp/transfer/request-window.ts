// How many bytes may be asked for or sent ahead of the server's answers: twice what the line holds, by the shortest
// round trip and the best rate that were seen lately. It begins small, doubles with each round trip while that pays,
// and shrinks where it did not. One window is shared by all files of a transfer; pausing it holds the transfer to a
// rate.

const startBytes = 4 * 1024 * 1024;
const leastBytes = 1024 * 1024;
const defaultMostBytes = 8 * 1024 * 1024;
/** Rates are measured over a round trip, and over no less than this. */
const leastIntervalMs = 5;
/** Intervals that count. */
const remembered = 8;

/** What one request holds of the window until it is answered and dealt with. */
export interface WindowShare {
  readonly bytes: number;
  readonly takenAt: number;
}

export class RequestWindow {
  readonly #now: () => number;
  readonly #mostBytes: number;
  #limitBytes: number;
  #heldBytes = 0;
  #waiting: (() => void)[] = [];
  #isPaused = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #roundTripMs = Number.POSITIVE_INFINITY;
  #intervalStart: number;
  #intervalBytes = 0;
  /** Bytes per millisecond in the latest intervals. */
  readonly #rates: number[] = [];

  /** `now` gives monotonic milliseconds; the window never has more than `mostBytes`, 8 MiB unless told. */
  constructor(now: () => number, mostBytes: number = defaultMostBytes) {
    this.#now = now;
    this.#mostBytes = mostBytes;
    this.#limitBytes = Math.min(startBytes, mostBytes);
    this.#intervalStart = now();
  }

  get limitBytes(): number {
    return this.#limitBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Room for a request that carries so many bytes; undefined when it has to wait. An empty window takes any. */
  take(bytes: number): WindowShare | undefined {
    if (this.#isPaused || (this.#heldBytes > 0 && this.#heldBytes + bytes > this.#limitBytes)) return undefined;
    this.#heldBytes += bytes;
    return { bytes, takenAt: this.#now() };
  }

  /** Calls back once, in the order of the calls, when there may be room again. */
  whenRoom(callback: () => void): void {
    this.#waiting.push(callback);
  }

  /** The answer to a request has come: what the window learns from. */
  answered(share: WindowShare): void {
    const now = this.#now();
    this.#roundTripMs = Math.min(this.#roundTripMs, Math.max(now - share.takenAt, 0.1));
    this.#intervalBytes += share.bytes;
    const elapsedMs = now - this.#intervalStart;
    if (elapsedMs < Math.max(this.#roundTripMs, leastIntervalMs)) return;
    this.#rates.push(this.#intervalBytes / elapsedMs);
    if (this.#rates.length > remembered) this.#rates.shift();
    this.#intervalStart = now;
    this.#intervalBytes = 0;
    const lineBytes = Math.max(...this.#rates) * this.#roundTripMs;
    this.#limitBytes = Math.min(Math.max(2 * lineBytes, leastBytes), this.#mostBytes);
  }

  /** The bytes of a request are dealt with, or it failed. */
  release(share: WindowShare): void {
    this.#heldBytes -= share.bytes;
    this.#wake();
  }

  /** Nothing more is taken for a while; the latest call that reaches furthest counts. */
  pause(milliseconds: number): void {
    const until = this.#now() + milliseconds;
    if (until <= this.#pausedUntil) return;
    this.#pausedUntil = until;
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#continueLater();
  }

  #continueLater(): void {
    setTimeout(
      () => {
        if (this.#now() < this.#pausedUntil) {
          this.#continueLater();
          return;
        }
        this.#isPaused = false;
        this.#wake();
      },
      Math.max(this.#pausedUntil - this.#now(), 1),
    );
  }

  #wake(): void {
    if (this.#isPaused || this.#waiting.length === 0 || this.#heldBytes >= this.#limitBytes) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const callback of waiting) callback();
  }
}
