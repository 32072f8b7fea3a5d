// What a channel has to send: slices in order, kept by reference, cut and gathered into CHANNEL_DATA and
// CHANNEL_EXTENDED_DATA messages (RFC 4254 section 5.2). This is the hot path: it frames by hand and copies a byte
// once.

import { Queue } from '../codec/queue.ts';
import { channelData, channelExtendedData } from '../messages/connection.ts';
import { writeUint32 } from '../wire/bytes.ts';

interface Slice {
  readonly data: Uint8Array;
  readonly extended: number | undefined;
}

/** Number, recipient, length of the data; with a type between for extended data. */
export const dataHeaderBytes = 9;
export const extendedDataHeaderBytes = 13;

export class DataQueue {
  readonly #slices = new Queue<Slice>();
  /** What has left of the first slice. */
  #offset = 0;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(data: Uint8Array, extended: number | undefined): void {
    if (data.length === 0) return;
    this.#slices.push({ data, extended });
    this.#bytes += data.length;
  }

  clear(): void {
    this.#slices.clear();
    this.#offset = 0;
    this.#bytes = 0;
  }

  /** The next message with at most `limitBytes` of data; the queue must hold some. */
  frame(recipient: number, limitBytes: number): Uint8Array {
    const { extended } = this.#slices.first() as Slice;
    const length = this.#gatherable(extended, limitBytes);
    const header = extended === undefined ? dataHeaderBytes : extendedDataHeaderBytes;
    const payload = new Uint8Array(header + length);
    payload[0] = extended === undefined ? channelData.number : channelExtendedData.number;
    writeUint32(payload, 1, recipient);
    if (extended !== undefined) writeUint32(payload, 5, extended);
    writeUint32(payload, header - 4, length);
    for (let at = header; at < payload.length; ) at += this.#moveInto(payload, at);
    this.#bytes -= length;
    return payload;
  }

  /** How much of the same kind stands at the front, up to the limit. */
  #gatherable(extended: number | undefined, limitBytes: number): number {
    let length = -this.#offset;
    for (let index = 0; length < limitBytes; index++) {
      const slice = this.#slices.at(index);
      if (slice === undefined || slice.extended !== extended) return length;
      length += slice.data.length;
    }
    return limitBytes;
  }

  #moveInto(payload: Uint8Array, at: number): number {
    const { data } = this.#slices.first() as Slice;
    const count = Math.min(data.length - this.#offset, payload.length - at);
    const whole = count === data.length;
    payload.set(whole ? data : data.subarray(this.#offset, this.#offset + count), at);
    this.#offset += count;
    if (this.#offset === data.length) {
      this.#slices.shift();
      this.#offset = 0;
    }
    return count;
  }
}
