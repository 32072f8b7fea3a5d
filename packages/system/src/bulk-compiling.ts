// How eager Bun's compilers are while much goes through a socket: they compile soon what each packet needs, and then no
// more. Most of such work is in the system's calls and the ciphers, and its last compilers would take a sixth of the
// processor time of a GiB without giving anything back. When only little pieces pass, all is as before.

import { bunRuntime } from './bun-runtime.ts';

/** Factors of the thresholds from which on functions are compiled; the usual one is that of tools/build.ts. */
export const compilerThresholds = { usual: 8, soon: 4, never: 1_000_000 } as const;

const largePieceBytes = 64 * 1024;
/** What one small piece takes off the sum of the large ones. */
const forgottenBytes = 64 * 1024;
const soonFromBytes = 1024 * 1024;
/** By then everything that each packet needs is compiled. */
const neverFromBytes = 32 * 1024 * 1024;
const mostBytes = 48 * 1024 * 1024;

/** Looks at the sizes of what passes. */
export class BulkGauge {
  readonly #setThreshold: (factor: number) => void;
  #bytes = 0;
  #factor: number = compilerThresholds.usual;

  constructor(setThreshold: (factor: number) => void) {
    this.#setThreshold = setThreshold;
  }

  /** A piece of so many bytes was read or written. */
  passed(bytes: number): void {
    const change = bytes >= largePieceBytes ? bytes : -forgottenBytes;
    this.#bytes = Math.min(Math.max(this.#bytes + change, 0), mostBytes);
    const factor = this.#wantedFactor();
    if (factor === this.#factor) return;
    this.#factor = factor;
    this.#setThreshold(factor);
  }

  #wantedFactor(): number {
    const { usual, soon, never } = compilerThresholds;
    if (this.#bytes === 0) return usual;
    if (this.#bytes >= neverFromBytes) return never;
    return this.#factor === usual && this.#bytes >= soonFromBytes ? soon : this.#factor;
  }
}

const shared: { gauge?: BulkGauge } = {};

/** The one of this process. */
export function bulkGauge(): BulkGauge {
  shared.gauge ??= new BulkGauge((factor) => bunRuntime()?.unsafe.setJITPolicy(factor));
  return shared.gauge;
}
