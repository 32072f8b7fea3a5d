// Counts what a transfer has moved and tells it to whoever asked, a few times in a second. The rate is that of the last
// seconds, so that it follows the line without jumping.

import type { TransferProgress } from './transfer-options.ts';

const intervalMs = 100;
/** The share of the past in the rate, at each report. */
const ageFactor = 0.9;

export class ProgressCounter {
  files = 0;
  folders = 0;
  totalFiles = 0;
  totalBytes = 0;
  /** Whether all files are known. */
  isListed = false;
  #bytes = 0;
  readonly #now: () => number;
  readonly #tell: ((progress: TransferProgress) => void) | undefined;
  #reportedAt: number;
  #reportedBytes = 0;
  #bytesPerSecond: number | undefined;

  constructor(now: () => number, tell: ((progress: TransferProgress) => void) | undefined) {
    this.#now = now;
    this.#tell = tell;
    this.#reportedAt = now();
  }

  get bytes(): number {
    return this.#bytes;
  }

  moved(bytes: number): void {
    this.#bytes += bytes;
    if (this.#tell !== undefined && this.#now() - this.#reportedAt >= intervalMs) this.report();
  }

  /** Tells how far it is now. */
  report(): void {
    if (this.#tell === undefined) return;
    const now = this.#now();
    const elapsedMs = now - this.#reportedAt;
    if (elapsedMs > 0) {
      const current = ((this.#bytes - this.#reportedBytes) / elapsedMs) * 1000;
      const past = this.#bytesPerSecond;
      this.#bytesPerSecond = past === undefined ? current : past * ageFactor + current * (1 - ageFactor);
    }
    this.#reportedAt = now;
    this.#reportedBytes = this.#bytes;
    const bytesPerSecond = this.#bytesPerSecond ?? 0;
    const left = Math.max(this.totalBytes - this.#bytes, 0);
    this.#tell({
      bytes: this.#bytes,
      totalBytes: this.totalBytes,
      files: this.files,
      totalFiles: this.totalFiles,
      isListed: this.isListed,
      bytesPerSecond,
      secondsLeft: bytesPerSecond > 0 ? left / bytesPerSecond : undefined,
    });
  }
}
