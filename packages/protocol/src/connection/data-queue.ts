// What a channel has to send: slices in order, kept by reference, cut and gathered into CHANNEL_DATA and
// CHANNEL_EXTENDED_DATA messages (RFC 4254 section 5.2). This is the hot path: it frames by hand and copies no byte of
// a message whose data stands in one slice, and of one that begins with a small slice only that.

import { Queue } from '../codec/queue.ts';
import { channelData, channelExtendedData } from '../messages/connection.ts';
import { concatBytes, writeUint32 } from '../wire/bytes.ts';

interface Slice {
  readonly data: Uint8Array;
  readonly extended: number | undefined;
}

/** A slice up to this size is copied into the head of a message: an SFTP request before the data that it writes. */
const smallSliceBytes = 256;

/** A message in two parts: `data` follows `head`. It is a view of what the owner queued wherever that is possible. */
export interface DataMessage {
  readonly head: Uint8Array;
  readonly data: Uint8Array;
}

/** The message as one payload. */
export function joinDataMessage({ head, data }: DataMessage): Uint8Array {
  return concatBytes(head, data);
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
  frame(recipient: number, limitBytes: number): DataMessage {
    const { extended } = this.#slices.first() as Slice;
    const length = this.#messageBytes(extended, limitBytes);
    const headerBytes = extended === undefined ? dataHeaderBytes : extendedDataHeaderBytes;
    const leadingBytes = this.#leadingBytes(length);
    const head = new Uint8Array(headerBytes + leadingBytes);
    head[0] = extended === undefined ? channelData.number : channelExtendedData.number;
    writeUint32(head, 1, recipient);
    if (extended !== undefined) writeUint32(head, 5, extended);
    writeUint32(head, headerBytes - 4, length);
    this.#bytes -= length;
    if (leadingBytes > 0) head.set(this.#takeFromFirst(leadingBytes) as Uint8Array, headerBytes);
    const dataBytes = length - leadingBytes;
    return { head, data: this.#takeFromFirst(dataBytes) ?? this.#gather(dataBytes) };
  }

  /** What is left of the first slice, if it is small and not the whole message. */
  #leadingBytes(length: number): number {
    const left = (this.#slices.first() as Slice).data.length - this.#offset;
    return left < length && left <= smallSliceBytes ? left : 0;
  }

  /** A view of the first slice, if that is enough. */
  #takeFromFirst(length: number): Uint8Array | undefined {
    const { data } = this.#slices.first() as Slice;
    const end = this.#offset + length;
    if (end > data.length) return undefined;
    const view = data.subarray(this.#offset, end);
    this.#advance(length);
    return view;
  }

  #gather(length: number): Uint8Array {
    const gathered = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const { data } = this.#slices.first() as Slice;
      const part = data.subarray(this.#offset, this.#offset + length - at);
      gathered.set(part, at);
      at += part.length;
      this.#advance(part.length);
    }
    return gathered;
  }

  #advance(count: number): void {
    this.#offset += count;
    if (this.#offset < (this.#slices.first() as Slice).data.length) return;
    this.#slices.shift();
    this.#offset = 0;
  }

  /**
   * How much of the same kind goes into the next message: up to the limit, but no more behind a slice that fills half
   * of it, since that could only be copied.
   */
  #messageBytes(extended: number | undefined, limitBytes: number): number {
    let length = 0;
    for (let index = 0; length < limitBytes; index++) {
      const slice = this.#slices.at(index);
      if (slice === undefined || slice.extended !== extended) return length;
      const sliceBytes = slice.data.length - (index === 0 ? this.#offset : 0);
      length += sliceBytes;
      if (length < limitBytes && sliceBytes * 2 >= limitBytes) return length;
    }
    return limitBytes;
  }
}
