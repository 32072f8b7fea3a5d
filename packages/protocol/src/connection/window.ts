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
/** An owner that has never left a larger part of the window waiting keeps up with the peer. */
const waitingPart = 1 / 8;

export class ReceivingWindow {
  readonly #maximumPacketBytes: number;
  readonly #growsToBytes: number;
  #maximumBytes: number;
  /** What the peer may send before more is granted. */
  #openBytes: number;
  /** What has been consumed and not been granted again. */
  #consumedBytes = 0;
  /** Since the window last grew: what has been consumed, and the most that has waited for it. */
  #steadyBytes = 0;
  #mostWaitingBytes = 0;

  constructor({ bytes, maximumPacketBytes, growsToBytes = bytes }: ChannelWindow) {
    if (Math.max(bytes, growsToBytes, maximumPacketBytes) > maximumWindowBytes) throw new Error('window is too large');
    this.#maximumBytes = bytes;
    this.#growsToBytes = growsToBytes;
    this.#maximumPacketBytes = maximumPacketBytes;
    this.#openBytes = bytes;
  }

  /** Received and not consumed. */
  get #waitingBytes(): number {
    return this.#maximumBytes - this.#openBytes - this.#consumedBytes;
  }

  /** @throws Violation when the peer sends more than it may */
  receive(bytes: number): void {
    if (bytes > this.#maximumPacketBytes) {
      throw new Violation('window-exceeded', 'data is larger than the maximum packet size of the channel');
    }
    if (bytes > this.#openBytes) throw new Violation('window-exceeded');
    this.#openBytes -= bytes;
    this.#mostWaitingBytes = Math.max(this.#mostWaitingBytes, this.#waitingBytes);
  }

  consume(bytes: number): void {
    const waiting = this.#waitingBytes;
    if (!(bytes >= 0 && bytes <= waiting)) throw new Error(`cannot consume ${bytes} of ${waiting} received bytes`);
    this.#consumedBytes += bytes;
    this.#steadyBytes += bytes;
  }

  /** Whether enough has been used up for a grant to be worth a message. */
  get grantDue(): boolean {
    if (this.#consumedBytes === 0) return false;
    const bytes = this.#maximumBytes;
    const worthBytes = Math.max(this.#maximumPacketBytes * 3, bytes / grantsPerWindow);
    return bytes - this.#openBytes > worthBytes || this.#openBytes < bytes / 2;
  }

  /** The bytes to grant now. */
  grant(): number {
    const bytes = this.#consumedBytes + this.#growth();
    this.#consumedBytes = 0;
    this.#openBytes += bytes;
    return bytes;
  }

  /** Twice the window after each that went through without waiting: how far away the peer is cannot be seen. */
  #growth(): number {
    if (this.#steadyBytes < this.#maximumBytes || this.#maximumBytes >= this.#growsToBytes) return 0;
    const keptUp = this.#mostWaitingBytes <= this.#maximumBytes * waitingPart;
    this.#steadyBytes = 0;
    this.#mostWaitingBytes = this.#waitingBytes;
    if (!keptUp) return 0;
    const more = Math.min(this.#maximumBytes, this.#growsToBytes - this.#maximumBytes);
    this.#maximumBytes += more;
    return more;
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
