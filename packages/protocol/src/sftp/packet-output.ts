// Packets that wait to leave, behind their lengths: small ones share a chunk, large data goes by reference. Used by
// both sides; whoever fills it bounds it by pendingBytes.

import type { Message } from '../codec/struct.ts';
import { Writer } from '../wire/writer.ts';

/** Data from this size on is not copied. */
export const largeDataBytes = 16 * 1024;
const lengthBytes = 4;

export class SftpPacketOutput {
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  readonly #writer = new Writer(0);

  get pendingBytes(): number {
    return this.#chunkBytes + this.#writer.length;
  }

  /** A packet with the length that its fields make. */
  push<T>(packet: Message<T>, value: T): void {
    const at = this.#writer.length;
    this.#writer.uint32(0);
    packet.write(this.#writer, value);
    this.#writer.setUint32(at, this.#writer.length - at - lengthBytes);
  }

  /**
   * A packet whose last field is `data`, which `head` ends before. Large data must not change until it has left and the
   * peer has answered.
   */
  pushData(head: (writer: Writer) => void, data: Uint8Array): void {
    const writer = this.#writer;
    const at = writer.length;
    writer.uint32(0);
    head(writer);
    writer.uint32(data.length);
    writer.setUint32(at, writer.length - at - lengthBytes + data.length);
    if (data.length < largeDataBytes) {
      writer.raw(data);
      return;
    }
    this.#close();
    this.#add(data);
  }

  /** Everything, in order; the chunks are the caller's, but for large data. */
  take(): Uint8Array[] {
    this.#close();
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunkBytes = 0;
    return chunks;
  }

  #close(): void {
    if (this.#writer.length > 0) this.#add(this.#writer.release());
  }

  #add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#chunkBytes += chunk.length;
  }
}
