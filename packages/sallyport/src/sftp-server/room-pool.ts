// Buffers for what is read: large ones are used again when what was in them has left, because making them new costs
// as much as reading.

import { largeDataBytes } from '@sallyport/protocol/sftp/packet-output';

/** As much as one READ is answered with. */
export const maximumReadBytes = 255 * 1024;
const maximumKept = 8;

export class RoomPool {
  readonly #free: Uint8Array[] = [];

  /** Bytes of any content. */
  take(length: number): Uint8Array {
    if (length < largeDataBytes) return new Uint8Array(length);
    const room = this.#free.pop() ?? Buffer.allocUnsafeSlow(maximumReadBytes);
    return length === room.length ? room : room.subarray(0, length);
  }

  /** Takes back what was read into a room, unless the reply sends it from there: then taken() of the session does. */
  giveUnlessSent(part: Uint8Array): void {
    if (part.length < largeDataBytes) this.give(part);
  }

  /** Takes back what was taken, or a part of it, that nobody looks at any more. */
  give(part: Uint8Array): void {
    const { buffer } = part;
    if (buffer.byteLength !== maximumReadBytes || this.#free.length >= maximumKept) return;
    this.#free.push(new Uint8Array(buffer));
  }
}
