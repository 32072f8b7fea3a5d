// One channel of a connection: its phase, its numbers on both sides, its windows, its queue and the requests that wait
// for an answer. It is state with small rules; messages are built and dispatched by Connection.

import { Queue } from '../codec/queue.ts';
import { Violation } from '../failure/violation.ts';
import type { ClosingInput, ClosingState, ClosingVerdict } from './channel-closing.ts';
import { channelClosing } from './channel-closing.ts';
import { DataQueue } from './data-queue.ts';
import type { ChannelWindow } from './events.ts';
import { ReceivingWindow, SendingWindow } from './window.ts';

/**
 * `requested`: the peer asked and our owner has not answered; `opening`: we asked; `abandoned`: the owner closed it
 * before the peer answered; `open`: until both sides have closed.
 */
export type ChannelPhase = 'requested' | 'opening' | 'abandoned' | 'open';

/** The peer's side of a channel, as OPEN or OPEN_CONFIRMATION tells it. */
export interface PeerSide {
  readonly sender: number;
  readonly windowBytes: number;
  readonly maximumPacketBytes: number;
}

const nobody: PeerSide = { sender: 0, windowBytes: 0, maximumPacketBytes: 0 };

/** Requests with want-reply that the peer may have unanswered on one channel, or globally. */
export const maximumUnansweredRequests = 1024;

export class Channel {
  readonly number: number;
  readonly queue = new DataQueue();
  /** Tokens of our requests that the peer has to answer. */
  readonly awaitedReplies = new Queue<number>();
  receiving: ReceivingWindow;
  sending: SendingWindow;
  phase: ChannelPhase;
  peerNumber: number;
  closing: ClosingState = 'open';
  /** The owner wants these when the queue has left. */
  eofWanted = false;
  closeWanted = false;
  /** Whether the channel stands in the line of those that may send, and in that of those that grant window. */
  inTurn = false;
  inGrants = false;
  /** Whether the owner has queued data since it was told that it may. */
  queuedSinceTold = false;
  #unansweredRequests = 0;

  constructor(number: number, phase: ChannelPhase, sides: { window: ChannelWindow; peer?: PeerSide }) {
    const peer = sides.peer ?? nobody;
    this.number = number;
    this.phase = phase;
    this.peerNumber = peer.sender;
    this.receiving = new ReceivingWindow(sides.window);
    this.sending = new SendingWindow(peer.windowBytes, peer.maximumPacketBytes);
  }

  /** Our owner's confirmation of a channel that the peer asked for. */
  confirm(window: ChannelWindow): void {
    this.phase = 'open';
    this.receiving = new ReceivingWindow(window);
  }

  /** The peer's confirmation of a channel that we opened. */
  confirmedBy(peer: PeerSide): void {
    this.phase = 'open';
    this.peerNumber = peer.sender;
    this.sending = new SendingWindow(peer.windowBytes, peer.maximumPacketBytes);
  }

  /** Takes a step in how the channel ends; the verdict says what to do with its cause. */
  step(input: ClosingInput): ClosingVerdict {
    const { verdict, next } = channelClosing[this.closing][input];
    this.closing = next;
    return verdict;
  }

  /** Whether a turn of this channel would send something. */
  get canSend(): boolean {
    if (this.closing === 'close-sent' || this.closing === 'closed') return false;
    if (this.queue.bytes > 0) return this.sending.openBytes > 0;
    return this.closeWanted || (this.eofWanted && (this.closing === 'open' || this.closing === 'eof-received'));
  }

  /** No window is granted to a peer that has no more to send, or whose data is dropped. */
  get canGrant(): boolean {
    return (this.closing === 'open' || this.closing === 'eof-sent') && this.receiving.grantDue;
  }

  /** @throws Violation when too many requests wait for an answer */
  requestReceived(): void {
    this.#unansweredRequests++;
    if (this.#unansweredRequests > maximumUnansweredRequests) {
      throw new Violation('limit-exceeded', 'too many unanswered channel requests');
    }
  }

  requestAnswered(): void {
    if (this.#unansweredRequests === 0) throw new Error(`channel ${this.number} has no request to answer`);
    this.#unansweredRequests--;
  }
}
