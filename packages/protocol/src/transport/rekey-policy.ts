// When keys are worn out: bytes, packets and time (RFC 4253 section 9, RFC 4344 section 3), with OpenSSH's limits for
// each cipher. It says so; the transport starts the exchange.

import { findCipher } from '../algorithms/ciphers.ts';
import { rekeyLine } from './debug-lines.ts';
import { rekeyPackets } from './limits.ts';
import type { RekeyLimits } from './options.ts';

/** How much went through one direction since its keys came into force. */
export interface DirectionUse {
  readonly packets: number;
  readonly bytes: number;
}

/** A cipher's own limit: 2^32 blocks of 16 bytes (RFC 4344 section 3.2), 1 GiB for smaller blocks as OpenSSH has it. */
export function cipherLimitBytes(cipher: string): number {
  const blockBytes = blockBytesOf(cipher);
  return blockBytes >= 16 ? 2 ** 32 * blockBytes : 2 ** 30;
}

function blockBytesOf(cipher: string): number {
  return findCipher(cipher)?.blockBytes ?? 8;
}

export class RekeyPolicy {
  readonly #limits: RekeyLimits;
  #sendingLimitBytes = Infinity;
  #receivingLimitBytes = Infinity;
  /**
   * Monotonic milliseconds from which the keys age; undefined until the owner tells the time after a change of keys.
   */
  #agesFrom: number | undefined;

  constructor(limits: RekeyLimits) {
    this.#limits = limits;
  }

  /** What is said at debug1 when the keys of a cipher come into force. */
  describe(direction: 'out' | 'in', cipher: string): string {
    return rekeyLine(direction, Math.floor(this.#limitBytes(cipher) / blockBytesOf(cipher)));
  }

  #limitBytes(cipher: string): number {
    return Math.min(this.#limits.bytes ?? Infinity, cipherLimitBytes(cipher));
  }

  /** New keys are in force. */
  keysChanged(sendingCipher: string, receivingCipher: string): void {
    this.#sendingLimitBytes = this.#limitBytes(sendingCipher);
    this.#receivingLimitBytes = this.#limitBytes(receivingCipher);
    this.#agesFrom = undefined;
  }

  /** When expire() is due; at once (`now`) after a change of keys, so that their age is counted from the right time. */
  deadline(now: number): number | undefined {
    if (this.#limits.intervalMs === undefined) return undefined;
    return this.#agesFrom === undefined ? now : this.#agesFrom + this.#limits.intervalMs;
  }

  /** Whether the keys are too old; begins to count when it is asked first. */
  agedOut(now: number): boolean {
    if (this.#limits.intervalMs === undefined) return false;
    this.#agesFrom ??= now;
    return now >= this.#agesFrom + this.#limits.intervalMs;
  }

  /** Whether limits are reached; one packet is allowed after each change of keys, however small the limits are. */
  wornOut(sending: DirectionUse, receiving: DirectionUse): boolean {
    if (sending.packets === 0 && receiving.packets === 0) return false;
    return (
      sending.bytes >= this.#sendingLimitBytes ||
      receiving.bytes >= this.#receivingLimitBytes ||
      this.packetsWornOut(sending, receiving)
    );
  }

  /** Whether the limit that no option can lift is reached. */
  packetsWornOut(sending: DirectionUse, receiving: DirectionUse): boolean {
    return sending.packets >= rekeyPackets || receiving.packets >= rekeyPackets;
  }
}
