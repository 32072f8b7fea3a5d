// What Bun is told while much goes through a socket. Its compilers turn to what each packet needs soon, and then to no
// more: most of such work is in the system's calls and the ciphers, and the last compilers would take a sixth of the
// processor time of a GiB without giving anything back. Its collector comes less often: it counts the output of each
// cipher, whose memory has gone back already. When only little pieces pass, all is as before.

import { bunRuntime } from './bun-runtime.ts';

/** `warm` from the first large pieces on; `steady` when everything that each packet needs is compiled. */
export type BulkPhase = 'usual' | 'warm' | 'steady';

const largePieceBytes = 64 * 1024;
/** What one small piece takes off the sum of the large ones. */
const forgottenBytes = 64 * 1024;
const warmFromBytes = 1024 * 1024;
const steadyFromBytes = 32 * 1024 * 1024;
const mostBytes = 48 * 1024 * 1024;

/** Looks at the sizes of what passes, and tells each change. */
export class BulkGauge {
  readonly #enter: (phase: BulkPhase) => void;
  #bytes = 0;
  #phase: BulkPhase = 'usual';

  constructor(enter: (phase: BulkPhase) => void) {
    this.#enter = enter;
  }

  /** A piece of so many bytes was read or written. */
  passed(bytes: number): void {
    const change = bytes >= largePieceBytes ? bytes : -forgottenBytes;
    this.#bytes = Math.min(Math.max(this.#bytes + change, 0), mostBytes);
    const phase = this.#phaseNow();
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#enter(phase);
  }

  #phaseNow(): BulkPhase {
    if (this.#bytes === 0) return 'usual';
    if (this.#bytes >= steadyFromBytes) return 'steady';
    return this.#phase === 'usual' && this.#bytes >= warmFromBytes ? 'warm' : this.#phase;
  }
}

/** Factors of the thresholds from which on functions are compiled; the usual one is that of tools/build.ts. */
const compilerThresholds: Readonly<Record<BulkPhase, number>> = { usual: 8, warm: 4, steady: 1_000_000 };
/**
 * Memory that is never touched and so costs nothing: what may come between two collections grows with what is in use.
 */
const ballastBytes = 32 * 1024 * 1024;

const shared: { gauge?: BulkGauge; ballast?: ArrayBuffer | undefined } = {};

function enter(phase: BulkPhase): void {
  bunRuntime()?.unsafe.setJITPolicy(compilerThresholds[phase]);
  shared.ballast = phase === 'usual' ? undefined : (shared.ballast ?? new ArrayBuffer(ballastBytes));
}

/** The one of this process. */
export function bulkGauge(): BulkGauge {
  shared.gauge ??= new BulkGauge(enter);
  return shared.gauge;
}
