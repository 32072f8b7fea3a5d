// Holds a transfer to a rate: tells after each piece how long to wait before the next one. Pure: the caller has the
// clock. scp and sftp -l give the rate in kilobits, 1024 bits each, as OpenSSH's programs do.

/** Saved-up time is lost beyond this, so that a pause of the peer is not followed by a flood. */
const burstMilliseconds = 250;
/** Shorter waits are put off to the next piece: timers are not finer than that. */
const leastWaitMilliseconds = 10;

export class BandwidthLimit {
  readonly #bytesPerMillisecond: number;
  /** When everything taken so far would be through at the rate. */
  #paidUntil: number | undefined;

  constructor(bytesPerSecond: number) {
    this.#bytesPerMillisecond = bytesPerSecond / 1000;
  }

  /** Counts bytes that went through at `now` (milliseconds, monotonic); the wait before more, in milliseconds. */
  take(bytes: number, now: number): number {
    const from = Math.max(this.#paidUntil ?? now, now - burstMilliseconds);
    this.#paidUntil = from + bytes / this.#bytesPerMillisecond;
    const wait = this.#paidUntil - now;
    return wait < leastWaitMilliseconds ? 0 : wait;
  }
}
