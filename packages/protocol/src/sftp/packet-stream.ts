// The packets of a stream: a uint32 length, then so many bytes (draft-ietf-secsh-filexfer-02 section 3). Used by both
// sides. Packets that lie whole in a chunk are views of it; only one that spans chunks is put together in a buffer.

import { readUint32 } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { maximumPacketBytes } from './packets.ts';

const lengthBytes = 4;
/** A number and an id, or a number and a version. */
const leastPacketBytes = 5;
const smallestBufferBytes = 4 * 1024;
const nothing: Uint8Array = new Uint8Array(0);

/** Cuts a stream into packets. */
export class SftpPacketStream {
  readonly #limitBytes: number;
  #chunk = nothing;
  #at = 0;
  /** Holds a packet that spans chunks, its length in front. */
  #buffer = nothing;
  #filledBytes = 0;
  /** Length and packet, as far as known: 4 until the length has come. */
  #wantedBytes = lengthBytes;

  /** `limitBytes` is the largest packet behind its length: 256 KiB unless told. */
  constructor(limitBytes: number = maximumPacketBytes) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes of a packet that has not come whole. */
  get waitingBytes(): number {
    return this.#filledBytes + this.#chunk.length - this.#at;
  }

  /** Takes bytes of the stream, which must not change until next() has said undefined. Call it only then. */
  receive(chunk: Uint8Array): void {
    if (this.#at < this.#chunk.length) throw new Error('the packets of the chunk before have not been taken');
    this.#chunk = chunk;
    this.#at = 0;
  }

  /**
   * The next whole packet without its length, a view that is valid until the next call; undefined when more must come.
   * @throws DecodeError on a length below 5 or above the limit
   */
  next(): Uint8Array | undefined {
    if (this.#filledBytes > 0) return this.#continue();
    const left = this.#chunk.length - this.#at;
    if (left < lengthBytes) return this.#begin();
    const length = this.#checked(readUint32(this.#chunk, this.#at));
    if (left < lengthBytes + length) {
      this.#wantedBytes = lengthBytes + length;
      return this.#begin();
    }
    const from = this.#at + lengthBytes;
    this.#at = from + length;
    return this.#chunk.subarray(from, this.#at);
  }

  #checked(length: number): number {
    if (length < leastPacketBytes || length > this.#limitBytes)
      throw new DecodeError(`an SFTP packet of ${length} bytes`);
    return length;
  }

  /** Keeps the start of a packet, whose rest is in later chunks. */
  #begin(): undefined {
    this.#fill();
    this.#chunk = nothing;
    this.#at = 0;
  }

  #continue(): Uint8Array | undefined {
    this.#fill();
    if (this.#filledBytes === lengthBytes) {
      this.#wantedBytes = lengthBytes + this.#checked(readUint32(this.#buffer, 0));
      this.#fill();
    }
    if (this.#filledBytes < this.#wantedBytes) {
      this.#chunk = nothing;
      this.#at = 0;
      return undefined;
    }
    const packet = this.#buffer.subarray(lengthBytes, this.#wantedBytes);
    this.#filledBytes = 0;
    this.#wantedBytes = lengthBytes;
    return packet;
  }

  #fill(): void {
    const from = this.#at;
    const count = Math.min(this.#wantedBytes - this.#filledBytes, this.#chunk.length - from);
    if (this.#wantedBytes > this.#buffer.length) {
      const grown = new Uint8Array(Math.max(smallestBufferBytes, this.#wantedBytes));
      grown.set(this.#buffer.subarray(0, this.#filledBytes));
      this.#buffer = grown;
    }
    this.#buffer.set(this.#chunk.subarray(from, from + count), this.#filledBytes);
    this.#at += count;
    this.#filledBytes += count;
  }
}
