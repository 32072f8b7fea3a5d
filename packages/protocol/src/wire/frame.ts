// The framing between processes of this suite: uint32 length, one byte of call number, body. Our own, with a limit a
// call, because one end may have read strangers' bytes; the runtime's own IPC is never used there.

import { readUint32, writeUint32 } from './bytes.ts';
import { DecodeError } from './decode-error.ts';

export interface Frame {
  readonly number: number;
  readonly body: Uint8Array;
}

const headerBytes = 5;

/** One frame as bytes. */
export function encodeFrame(number: number, body: Uint8Array): Uint8Array {
  const out = new Uint8Array(headerBytes + body.length);
  writeUint32(out, 0, body.length + 1);
  out[4] = number;
  out.set(body, headerBytes);
  return out;
}

/** Cuts a byte stream into frames; a frame's body is a copy, and what it was copied from is overwritten. */
export class FrameReader {
  readonly #limitBytes: (number: number) => number;
  #chunks: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Of the frame that is not whole yet: its header until that is known, then all of it. */
  #neededBytes = headerBytes;

  /** @param limitBytes the largest body of a call number; -1 for a number that is not expected */
  constructor(limitBytes: (number: number) => number) {
    this.#limitBytes = limitBytes;
  }

  /**
   * The frames that the chunk completes, one after the other. @throws DecodeError behind them on a length over the
   * limit or an unknown number; the reader is of no use then
   */
  *receive(chunk: Uint8Array): Generator<Frame, void, undefined> {
    // Not slice(), which copies nothing of a Buffer.
    this.#chunks.push(new Uint8Array(chunk));
    this.#pendingBytes += chunk.length;
    while (this.#pendingBytes >= this.#neededBytes) {
      const data = this.#joined();
      const bodyBytes = this.#bodyBytes(data);
      const end = headerBytes + bodyBytes;
      if (data.length < end) {
        this.#keep(data, end);
        return;
      }
      this.#keep(data.subarray(end), headerBytes);
      const frame = { number: data[4] as number, body: data.slice(headerBytes, end) };
      data.fill(0, 0, end);
      yield frame;
    }
  }

  #keep(rest: Uint8Array, neededBytes: number): void {
    this.#chunks = [rest];
    this.#pendingBytes = rest.length;
    this.#neededBytes = neededBytes;
  }

  #bodyBytes(data: Uint8Array): number {
    const bodyBytes = readUint32(data, 0) - 1;
    const number = data[4] as number;
    if (bodyBytes >= 0 && bodyBytes <= this.#limitBytes(number)) return bodyBytes;
    throw new DecodeError(`frame ${number} of ${bodyBytes} bytes is over its limit`);
  }

  /** Copied once for many small chunks, so that who writes byte by byte costs no more than who does not. */
  #joined(): Uint8Array {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only !== undefined) return only;
    const data = new Uint8Array(this.#pendingBytes);
    let at = 0;
    for (const chunk of this.#chunks) {
      data.set(chunk, at);
      at += chunk.length;
    }
    return data;
  }
}
