// Writes a file of ours to a remote one through the window of a transfer: blocks are read in order and sent ahead of
// the server's answers, and each answer is looked at. The first that is a refusal fails the whole, whatever comes
// later.

import { largeDataBytes } from '@sallyport/protocol/sftp/packet-output';
import { statusCodes } from '@sallyport/protocol/sftp/status';
import type { SshError } from '../../errors.ts';
import type { LocalFile } from '../local-files.ts';
import type { SftpSubject } from '../sftp-error.ts';
import { localError, statusError } from '../sftp-error.ts';
import type { WindowShare } from './request-window.ts';
import type { Transfer } from './transfer.ts';

export interface WriteRange {
  readonly handle: Uint8Array;
  readonly subject: SftpSubject;
  readonly source: LocalFile;
  readonly sourcePath: Uint8Array;
  readonly start: number;
  /** What the source said of its size; it is read to its end all the same. */
  readonly expectedEnd: number;
}

/** What came of it. */
export interface WrittenRange {
  readonly end: number;
  /** Whether the last bytes are zeros that were left out: the remote file is too short. */
  readonly endsInHole: boolean;
}

export class BlockWriter {
  readonly #transfer: Transfer;
  readonly #range: WriteRange;
  readonly #onConfirmed: (bytes: number) => void;
  readonly #zeros: Uint8Array | undefined;
  #unconfirmed = 0;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  /** `onConfirmed` is told how many bytes the server has. */
  constructor(transfer: Transfer, range: WriteRange, onConfirmed: (bytes: number) => void) {
    this.#transfer = transfer;
    this.#range = range;
    this.#onConfirmed = onConfirmed;
    this.#zeros = transfer.options.sparse === true ? new Uint8Array(transfer.writeBytes) : undefined;
  }

  /**
   * Resolves when the server has confirmed every byte; rejects with the first failure, or with what stop() was told.
   */
  async run(): Promise<WrittenRange> {
    const sent = await this.#sendAll();
    while (this.#unconfirmed > 0 && this.#failure === undefined) await this.#change();
    this.#throwFailure();
    return sent;
  }

  stop(error: Error): void {
    this.#failure ??= error;
    this.#signal();
  }

  async #sendAll(): Promise<WrittenRange> {
    const { start, expectedEnd } = this.#range;
    let position = start;
    let endsInHole = false;
    for (;;) {
      this.#throwFailure();
      // One byte more than is expected shows in one call that the file ends where it should.
      const length = Math.min(this.#transfer.writeBytes, Math.max(expectedEnd - position, 0) + 1);
      const share = this.#transfer.calls.session.isBusy ? undefined : this.#transfer.window.take(length);
      if (share === undefined) {
        await this.#room();
        continue;
      }
      const block = this.#transfer.takeBlock();
      const reading = this.#read(block.subarray(0, length), position);
      const count = typeof reading === 'number' ? reading : await reading;
      if (count === 0 || this.#failure !== undefined) {
        this.#done(block, share);
        this.#throwFailure();
        return { end: position, endsInHole };
      }
      const data = block.subarray(0, count);
      endsInHole = this.#zeros !== undefined && Buffer.compare(data, this.#zeros.subarray(0, count)) === 0;
      if (endsInHole) {
        this.#done(block, share);
        this.#onConfirmed(count);
      } else this.#send(data, position, { block, share });
      position += count;
      if (count < length && position >= expectedEnd) return { end: position, endsInHole };
    }
  }

  #read(into: Uint8Array, position: number): number | Promise<number> {
    const failed = (error: unknown): number => {
      this.#failure ??= localError('read', this.#range.sourcePath, error);
      return 0;
    };
    try {
      const count = this.#range.source.read(into, position);
      return typeof count === 'number' ? count : count.catch(failed);
    } catch (error) {
      return failed(error);
    }
  }

  #send(data: Uint8Array, position: number, held: { readonly block: Uint8Array; readonly share: WindowShare }): void {
    const { handle, subject } = this.#range;
    const isCopied = data.length < largeDataBytes;
    this.#unconfirmed++;
    this.#transfer.throttle(data.length);
    this.#transfer.calls.session.send((engine) => engine.requestWrite(handle, BigInt(position), data), {
      reply: (reply) => {
        this.#unconfirmed--;
        this.#transfer.window.answered(held.share);
        if (!isCopied) this.#transfer.giveBlock(held.block);
        this.#transfer.window.release(held.share);
        if (reply.kind === 'status' && reply.code !== statusCodes.ok) this.stop(statusError(subject, reply));
        else if (this.#failure === undefined) this.#onConfirmed(data.length);
        this.#signal();
      },
      lost: (error: SshError) => this.stop(error),
    });
    if (isCopied) this.#transfer.giveBlock(held.block);
  }

  #done(block: Uint8Array, share: WindowShare): void {
    this.#transfer.giveBlock(block);
    this.#transfer.window.release(share);
  }

  #room(): Promise<void> {
    const { calls, window } = this.#transfer;
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (calls.session.isBusy) calls.session.whenCalm(resolve);
      else window.whenRoom(resolve);
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #signal(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }
}
