// The framing between sshd's processes: uint32 length, one byte of call number, body. Our own, with a limit a call,
// because one end of the pipe has read strangers' bytes; the runtime's own IPC is never used there.

import { readUint32, writeUint32 } from '@sallyport/protocol/wire/bytes';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';

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

/** Cuts a byte stream into frames; a frame's body is a copy. */
export class FrameReader {
  readonly #limitBytes: (number: number) => number;
  #pending = new Uint8Array(0);

  /** @param limitBytes the largest body of a call number; -1 for a number that is not expected */
  constructor(limitBytes: (number: number) => number) {
    this.#limitBytes = limitBytes;
  }

  /** The frames that the chunk completes. @throws DecodeError on a length over the limit or an unknown number */
  receive(chunk: Uint8Array): Frame[] {
    const data = new Uint8Array(this.#pending.length + chunk.length);
    data.set(this.#pending);
    data.set(chunk, this.#pending.length);
    const frames: Frame[] = [];
    let at = 0;
    while (data.length - at >= headerBytes) {
      const bodyBytes = readUint32(data, at) - 1;
      const number = data[at + 4] as number;
      const limit = this.#limitBytes(number);
      if (bodyBytes < 0 || bodyBytes > limit)
        throw new DecodeError(`frame ${number} of ${bodyBytes} bytes is over its limit`);
      if (data.length - at < headerBytes + bodyBytes) break;
      frames.push({ number, body: data.slice(at + headerBytes, at + headerBytes + bodyBytes) });
      at += headerBytes + bodyBytes;
    }
    this.#pending = data.slice(at);
    return frames;
  }
}
