// What the files of one transfer share: the requests, the window, blocks of memory, the limit of the rate, the abort
// and the progress. Made for one call of upload or download, and gone with it.

import { throwIfAborted, watch } from '../../cancellation.ts';
import { monotonicNow } from '../../driver/engine-driver.ts';
import type { SshError } from '../../errors.ts';
import { BandwidthLimit } from '../bandwidth-limit.ts';
import type { LocalFiles } from '../local-files.ts';
import { promptFiles } from '../node-files.ts';
import type { SftpCalls } from '../sftp-calls.ts';
import { ProgressCounter } from './progress-counter.ts';
import { RequestWindow } from './request-window.ts';
import type { TransferHooks, TransferOptions } from './transfer-options.ts';

/** A window that is held to a rate holds what goes through in this part of a second. */
const limitedSeconds = 0.5;
const smallestWindowBytes = 64 * 1024;
const smallRequestBytes = 32 * 1024;
/** Milliseconds that an aborted transfer has to put away what it has open. */
const abortPatienceMs = 250;
/** Blocks that are kept for the next request. */
const keptBlocks = 32;

export class Transfer {
  readonly calls: SftpCalls;
  readonly local: LocalFiles;
  readonly options: TransferOptions;
  readonly hooks: TransferHooks;
  readonly window: RequestWindow;
  readonly progress: ProgressCounter;
  /** Data of one READ, and of one WRITE. */
  readonly readBytes: number;
  readonly writeBytes: number;
  readonly #limit: BandwidthLimit | undefined;
  readonly #blocks: Uint8Array[] = [];
  readonly #blockBytes: number;
  readonly #running = new Set<(error: SshError) => void>();

  /** Throws AbortedError when the signal is aborted already. */
  constructor(calls: SftpCalls, options: TransferOptions) {
    throwIfAborted({ signal: options.signal });
    const rate = options.limitBytesPerSecond;
    this.calls = calls;
    this.options = options;
    this.hooks = options.hooks ?? {};
    this.local = options.localFiles ?? promptFiles();
    this.#limit = rate === undefined ? undefined : new BandwidthLimit(rate);
    const windowBytes = rate === undefined ? options.windowBytes : limitedWindow(rate, options.windowBytes);
    this.window = new RequestWindow(monotonicNow, windowBytes);
    this.progress = new ProgressCounter(monotonicNow, options.onProgress);
    const requestBytes = Math.min(options.requestBytes ?? Infinity, rate === undefined ? Infinity : smallRequestBytes);
    this.readBytes = Math.min(calls.limits.readBytes, requestBytes);
    this.writeBytes = Math.min(calls.limits.writeBytes, requestBytes);
    this.#blockBytes = Math.max(this.readBytes, this.writeBytes);
  }

  /**
   * Runs the work of the transfer. When the signal is aborted, what onAbort() was told of is stopped; it rejects when
   * the work has ended, and soon where it waits for a server that is silent.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { signal } = this.options;
    let timer: NodeJS.Timeout | undefined;
    let stopWatching = (): void => undefined;
    const givenUp = new Promise<never>((_, reject) => {
      if (signal === undefined) return;
      stopWatching = watch({ signal }, (error) => {
        timer = setTimeout(() => reject(error), abortPatienceMs);
        for (const stop of [...this.#running]) stop(error);
      });
    });
    try {
      return await Promise.race([work(), givenUp]);
    } finally {
      stopWatching();
      clearTimeout(timer);
      this.progress.report();
    }
  }

  /** Calls `stop` when the transfer is aborted, until the returned function is called. Throws if it is already. */
  onAbort(stop: (error: SshError) => void): () => void {
    throwIfAborted({ signal: this.options.signal });
    this.#running.add(stop);
    return () => this.#running.delete(stop);
  }

  /** Counts what is asked for or sent, and waits with more where there is a limit. */
  throttle(bytes: number): void {
    const waitMs = this.#limit?.take(bytes, monotonicNow()) ?? 0;
    if (waitMs > 0) this.window.pause(waitMs);
  }

  /** Memory for one request; its contents are anything. */
  takeBlock(): Uint8Array {
    return this.#blocks.pop() ?? Buffer.allocUnsafeSlow(this.#blockBytes);
  }

  /** Nobody looks at the block any more. */
  giveBlock(block: Uint8Array): void {
    if (this.#blocks.length < keptBlocks) this.#blocks.push(block);
  }
}

function limitedWindow(bytesPerSecond: number, windowBytes = Infinity): number {
  return Math.min(Math.max(bytesPerSecond * limitedSeconds, smallestWindowBytes), windowBytes);
}
