// Reads a range of a remote file through the window of a transfer and hands it on in order: requests run ahead, replies
// come in any order, short ones are completed. In order, so that what has been handed on is always a beginning of the
// file: whatever ends a download, it can be resumed by its size.

import type { SftpReply } from '@sallyport/protocol/sftp/client';
import { statusCodes } from '@sallyport/protocol/sftp/status';

import type { SshError } from '../../errors.ts';
import type { Eventually } from '../local-files.ts';
import type { SftpSubject } from '../sftp-error.ts';
import { SftpError, statusError } from '../sftp-error.ts';
import type { WindowShare } from './request-window.ts';
import type { Transfer } from './transfer.ts';

export interface BlockRange {
  readonly handle: Uint8Array;
  readonly subject: SftpSubject;
  readonly start: number;
  /** Where it ends; undefined for the end of the file, wherever that is. */
  readonly end: number | undefined;
}

/** Where the bytes go, one call after the other. */
export interface BlockSink {
  /**
   * Data that is lent until the call returns, if that can be dealt with at once: whether it was. If not, put() follows.
   */
  putNow(data: Uint8Array, position: number): boolean;
  /** What it throws or rejects with ends the reading. */
  put(data: Uint8Array, position: number): Eventually<void>;
}

/** A request's place in the file. */
interface Asked {
  readonly offset: number;
  readonly length: number;
  readonly share: WindowShare;
}

/** Data that waits for its turn; the share goes back with it, and the block where it is one of the transfer's. */
interface Kept {
  readonly block: Uint8Array;
  readonly length: number;
  readonly share: WindowShare | undefined;
  readonly isPooled: boolean;
}

/** Pieces that wait because one in front of them has not come: more than requests of the smallest size may be. */
const mostKeptPieces = 16_384;
/** Up to this size data is copied into memory of its own. */
const smallPieceBytes = 16 * 1024;
/** The first request for a file of unknown size. */
const firstBytes = 32 * 1024;

export class BlockReader {
  readonly #transfer: Transfer;
  readonly #range: BlockRange;
  readonly #sink: BlockSink;
  readonly #kept = new Map<number, Kept>();
  /** Where the file ends as far as is known, where the next request begins, and what has been handed on. */
  #end: number;
  #next: number;
  #position: number;
  /** Requests that may be under way while the end is not known. */
  #daring = 1;
  #underWay = 0;
  #isPutting = false;
  #waitsForRoom = false;
  #isOver = false;
  #failure: Error | undefined;
  #settle: { readonly resolve: (end: number) => void; readonly reject: (error: Error) => void } | undefined;

  constructor(transfer: Transfer, range: BlockRange, sink: BlockSink) {
    this.#transfer = transfer;
    this.#range = range;
    this.#sink = sink;
    this.#next = range.start;
    this.#position = range.start;
    this.#end = range.end ?? Number.POSITIVE_INFINITY;
  }

  /** Resolves with the position of the end when everything before it has been handed on. */
  run(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      this.#ask();
      this.#finishIfDone();
    });
  }

  /** Ends it; what is being handed on is the last, and run() rejects when that is done. */
  stop(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#failure = error;
    for (const kept of this.#kept.values()) this.#forget(kept);
    this.#kept.clear();
    if (!this.#isPutting) this.#settle?.reject(error);
  }

  readonly #askAgain = (): void => {
    this.#waitsForRoom = false;
    this.#ask();
  };

  /** Waits for room once, however often it is called meanwhile. */
  #ask(): void {
    while (!this.#isOver && !this.#waitsForRoom && this.#next < this.#end) {
      const isKnown = this.#end !== Number.POSITIVE_INFINITY;
      if (!isKnown && this.#underWay >= this.#daring) return;
      const mostBytes = isKnown || this.#daring > 1 ? this.#transfer.readBytes : firstBytes;
      const length = Math.min(mostBytes, this.#transfer.readBytes, this.#end - this.#next);
      const share = this.#transfer.window.take(length);
      if (share === undefined) {
        this.#waitsForRoom = true;
        this.#transfer.window.whenRoom(this.#askAgain);
        return;
      }
      this.#transfer.throttle(length);
      this.#request({ offset: this.#next, length, share });
      this.#next += length;
    }
  }

  #request(asked: Asked): void {
    const { handle } = this.#range;
    const { offset, length, share } = asked;
    this.#underWay++;
    this.#transfer.calls.session.send((engine) => engine.request('read', { handle, offset: BigInt(offset), length }), {
      reply: (reply) => {
        this.#underWay--;
        this.#transfer.window.answered(share);
        this.#receive(reply, asked);
      },
      lost: (error: SshError) => this.stop(error),
    });
  }

  #receive(reply: SftpReply, asked: Asked): void {
    const { offset, length, share } = asked;
    const { window } = this.#transfer;
    if (this.#isOver || reply.kind !== 'data' || reply.data.length === 0 || offset >= this.#end) {
      const isEnd = reply.kind === 'data' || (reply.kind === 'status' && reply.code === statusCodes.endOfFile);
      if (isEnd) this.#end = Math.min(this.#end, offset);
      else if (!this.#isOver && reply.kind === 'status') this.stop(statusError(this.#range.subject, reply));
      window.release(share);
      this.#finishIfDone();
      return;
    }
    const { data } = reply;
    const isShort = data.length < length;
    if (isShort) this.#request({ offset: offset + data.length, length: length - data.length, share });
    else this.#daring *= 2;
    this.#deliver(data, offset, isShort ? undefined : share);
    this.#ask();
  }

  #deliver(data: Uint8Array, offset: number, share: WindowShare | undefined): void {
    if (offset === this.#position && !this.#isPutting && this.#putNow(data)) {
      if (share !== undefined) this.#transfer.window.release(share);
    } else this.#keep(data, offset, share);
    this.#putKept();
  }

  #keep(data: Uint8Array, offset: number, share: WindowShare | undefined): void {
    if (this.#kept.size >= mostKeptPieces) {
      const reason = 'too many short answers';
      this.stop(new SftpError('limit-exceeded', this.#range.subject, { reason }));
      if (share !== undefined) this.#transfer.window.release(share);
      return;
    }
    // A piece of a block would hold all of its memory.
    const isWhole = share !== undefined && data.length > smallPieceBytes;
    const block = isWhole ? this.#transfer.takeBlock() : data.slice();
    if (isWhole) block.set(data);
    this.#kept.set(offset, { block, length: data.length, share, isPooled: isWhole });
  }

  /** Hands on what is next in order, as long as it is there. */
  #putKept(): void {
    while (!this.#isOver && !this.#isPutting) {
      const kept = this.#kept.get(this.#position);
      if (kept === undefined) break;
      this.#kept.delete(this.#position);
      const putting = this.#put(kept.block.subarray(0, kept.length));
      if (putting === undefined) {
        this.#forget(kept);
        continue;
      }
      this.#isPutting = true;
      void putting.then(() => {
        this.#isPutting = false;
        this.#forget(kept);
        if (this.#failure === undefined) this.#putKept();
        else this.#settle?.reject(this.#failure);
      });
    }
    this.#finishIfDone();
  }

  /** False when it has to be kept. A failure stops the reader. */
  #putNow(data: Uint8Array): boolean {
    try {
      if (!this.#sink.putNow(data, this.#position)) return false;
      this.#position += data.length;
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  #fail(error: unknown): void {
    this.stop(error instanceof Error ? error : new Error(String(error)));
  }

  /** Never rejects: a failure stops the reader. */
  #put(data: Uint8Array): Promise<void> | undefined {
    const failed = (error: unknown): void => this.#fail(error);
    const moved = (): void => {
      this.#position += data.length;
    };
    try {
      const done = this.#sink.put(data, this.#position);
      if (done !== undefined) return done.then(moved, failed);
      moved();
    } catch (error) {
      failed(error);
    }
    return undefined;
  }

  #forget({ block, share, isPooled }: Kept): void {
    if (isPooled) this.#transfer.giveBlock(block);
    if (share !== undefined) this.#transfer.window.release(share);
  }

  #finishIfDone(): void {
    if (this.#isOver || this.#isPutting || this.#position < this.#end) return;
    this.#isOver = true;
    this.#settle?.resolve(this.#position);
  }
}
