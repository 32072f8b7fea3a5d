// Agent messages on a stream: a uint32 length, then the message (draft-ietf-sshm-ssh-agent section 3). Used by both
// sides.

import { concatBytes, readUint32, writeUint32 } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';

/** The largest message, as in OpenSSH. */
export const maximumAgentMessageBytes = 256 * 1024;

/** A message behind its length. */
export function frameAgentMessage(message: Uint8Array): Uint8Array {
  const framed = new Uint8Array(4 + message.length);
  writeUint32(framed, 0, message.length);
  framed.set(message, 4);
  return framed;
}

/** Cuts a stream into messages. */
export class AgentMessageReader {
  #waiting: Uint8Array = new Uint8Array(0);

  /** Takes bytes of the stream; nothing is kept by reference. */
  receive(chunk: Uint8Array): void {
    this.#waiting = concatBytes(this.#waiting, chunk);
  }

  /**
   * The next whole message, a view; undefined until more has come. @throws DecodeError on a length of 0 or above the
   * limit
   */
  next(): Uint8Array | undefined {
    if (this.#waiting.length < 4) return undefined;
    const length = readUint32(this.#waiting, 0);
    if (length === 0 || length > maximumAgentMessageBytes) throw new DecodeError(`agent message of ${length} bytes`);
    if (this.#waiting.length < 4 + length) return undefined;
    const message = this.#waiting.subarray(4, 4 + length);
    this.#waiting = this.#waiting.subarray(4 + length);
    return message;
  }
}
