// Agent messages on a stream: a uint32 length, then the message (RFC 9987 section 3). Used by both sides. Messages may
// carry private keys and passphrases, so memory that held one is wiped when it is used again or given up.

import { readUint32, writeUint32 } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';

/** The largest message, as in OpenSSH. */
export const maximumAgentMessageBytes = 256 * 1024;

const lengthBytes = 4;

/** A message behind its length. */
export function frameAgentMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(lengthBytes + message.length);
  writeUint32(framed, 0, message.length);
  framed.set(message, lengthBytes);
  return framed;
}

/** Cuts a stream into messages. */
export class AgentMessageReader {
  #buffer = new Uint8Array(0);
  #from = 0;
  #to = 0;

  /** Takes bytes of the stream; nothing is kept by reference. */
  receive(chunk: Uint8Array): void {
    if (this.#to + chunk.length > this.#buffer.length) this.#makeRoom(chunk.length);
    this.#buffer.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** Bytes that were received and not handed out. */
  get waitingBytes(): number {
    return this.#to - this.#from;
  }

  /**
   * The next whole message, a view that is valid until the next call of anything here; undefined until more has come.
   * @throws DecodeError on a length of 0 or above the limit
   */
  next(): Uint8Array | undefined {
    this.#buffer.fill(0, 0, this.#from);
    if (this.waitingBytes < lengthBytes) return undefined;
    const length = readUint32(this.#buffer, this.#from);
    if (length === 0 || length > maximumAgentMessageBytes) throw new DecodeError(`agent message of ${length} bytes`);
    if (this.waitingBytes < lengthBytes + length) return undefined;
    const start = this.#from + lengthBytes;
    this.#from = start + length;
    return this.#buffer.subarray(start, this.#from);
  }

  /** Forgets everything. */
  wipe(): void {
    this.#buffer.fill(0);
    this.#from = this.#to = 0;
  }

  #makeRoom(wantedBytes: number): void {
    const kept = this.#buffer.subarray(this.#from, this.#to);
    const needed = kept.length + wantedBytes;
    const next = needed * 2 <= this.#buffer.length ? this.#buffer : new Uint8Array(Math.max(256, needed * 2));
    if (next === this.#buffer) next.copyWithin(0, this.#from, this.#to).fill(0, kept.length);
    else {
      next.set(kept);
      this.#buffer.fill(0);
    }
    this.#buffer = next;
    this.#from = 0;
    this.#to = needed - wantedBytes;
  }
}
