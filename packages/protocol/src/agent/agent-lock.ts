// The passphrase that an agent is locked with (RFC 9987 section 4.7). It is kept only as a hash. Each wrong one makes
// the next try wait longer, for all connections together, so that guessing in parallel gains nothing.

import type { CryptoProvider } from '../algorithms/crypto-provider.ts';

const saltBytes = 16;
const hashBytes = 32;
const delayStepMs = 100;
const maximumFailures = 100;

interface Held {
  readonly salt: Uint8Array;
  readonly hash: Uint8Array;
}

export class AgentLock {
  readonly #crypto: CryptoProvider;
  #held: Held | undefined;
  #failures = 0;
  #busyUntil = -Infinity;

  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
  }

  get isLocked(): boolean {
    return this.#held !== undefined;
  }

  /** When the next try may be made; a failure is answered then, too. */
  get busyUntil(): number {
    return this.#busyUntil;
  }

  /** False when it is locked already, or the passphrase is empty. */
  lock(passphrase: Uint8Array): boolean {
    if (this.#held !== undefined) return false;
    const salt = this.#crypto.random(new Uint8Array(saltBytes));
    const hash = this.#hash(passphrase, salt);
    if (hash === undefined) return false;
    this.#held = { salt, hash };
    return true;
  }

  /** Not to be called before busyUntil. */
  unlock(passphrase: Uint8Array, now: number): boolean {
    if (this.#held === undefined) return false;
    const { salt, hash } = this.#held;
    const given = this.#hash(passphrase, salt);
    if (given !== undefined && this.#crypto.equal(given, hash)) {
      given.fill(0);
      hash.fill(0);
      this.#held = undefined;
      this.#failures = 0;
      return true;
    }
    if (this.#failures < maximumFailures) this.#failures++;
    this.#busyUntil = now + delayStepMs * this.#failures;
    return false;
  }

  #hash(passphrase: Uint8Array, salt: Uint8Array): Uint8Array | undefined {
    return this.#crypto.bcryptPbkdf(passphrase, salt, { rounds: 1, lengthBytes: hashBytes });
  }
}
