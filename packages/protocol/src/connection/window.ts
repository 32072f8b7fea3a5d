// The two windows of a channel (RFC 4254 section 5.2): what the peer may still send us, granted again in batches as
// OpenSSH does, and what we may still send. All checks of a peer's numbers against them are here.

import { Violation } from '../failure/violation.ts';
import type { ChannelWindow } from './events.ts';

const maximumWindowBytes = 0xffffffff;

/** A smaller maximum packet would make the peer's every byte a packet of ours. */
export const smallestPacketBytes = 64;
/** The largest data of one message, whatever the peer takes; transports open packets of 256 KiB. */
const largestPacketBytes = 128 * 1024;

/** PROTOCOL-like defaults of a session: 2 MiB in messages of 32 KiB. */
export const defaultWindow: ChannelWindow = { bytes: 2 * 1024 * 1024, maximumPacketBytes: 32 * 1024 };

/** Of a large window no smaller part is granted: each grant is a packet, and wakes the peer. */
const grantsPerWindow = 32;

export class ReceivingWindow {
  readonly maximum: ChannelWindow;
  /** What the peer may send before more is granted. */
  #openBytes: number;
  /** What has been consumed and not been granted again. */
  #consumedBytes = 0;

  constructor(maximum: ChannelWindow) {
    const { bytes, maximumPacketBytes } = maximum;
    if (bytes > maximumWindowBytes || maximumPacketBytes > maximumWindowBytes) throw new Error('window is too large');
    this.maximum = maximum;
    this.#openBytes = bytes;
  }

  /** @throws Violation when the peer sends more than it may */
  receive(bytes: number): void {
    if (bytes > this.maximum.maximumPacketBytes) {
      throw new Violation('window-exceeded', 'data is larger than the maximum packet size of the channel');
    }
    if (bytes > this.#openBytes) throw new Violation('window-exceeded');
    this.#openBytes -= bytes;
  }

  consume(bytes: number): void {
    const held = this.maximum.bytes - this.#openBytes - this.#consumedBytes;
    if (!(bytes >= 0 && bytes <= held)) throw new Error(`cannot consume ${bytes} of ${held} received bytes`);
    this.#consumedBytes += bytes;
  }

  /** Whether enough has been used up for a grant to be worth a message. */
  get grantDue(): boolean {
    if (this.#consumedBytes === 0) return false;
    const { bytes, maximumPacketBytes } = this.maximum;
    const worthBytes = Math.max(maximumPacketBytes * 3, bytes / grantsPerWindow);
    return bytes - this.#openBytes > worthBytes || this.#openBytes < bytes / 2;
  }

  /** The bytes to grant now. */
  grant(): number {
    const bytes = this.#consumedBytes;
    this.#consumedBytes = 0;
    this.#openBytes += bytes;
    return bytes;
  }
}

export class SendingWindow {
  /** The largest data of one message to the peer. */
  readonly packetBytes: number;
  #openBytes: number;

  constructor(openBytes: number, maximumPacketBytes: number) {
    this.#openBytes = openBytes;
    this.packetBytes = Math.min(maximumPacketBytes, largestPacketBytes);
  }

  get openBytes(): number {
    return this.#openBytes;
  }

  use(bytes: number): void {
    this.#openBytes -= bytes;
  }

  /** @throws Violation when the window would be larger than 2^32 - 1 bytes */
  adjust(bytes: number): void {
    if (this.#openBytes + bytes > maximumWindowBytes) throw new Violation('window-exceeded', 'window adjust overflows');
    this.#openBytes += bytes;
  }
}
