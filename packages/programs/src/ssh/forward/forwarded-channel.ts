// One forwarded connection: a stream of ours and a channel, which the server connects to its target (RFC 4254 section
// 7.2, PROTOCOL section 2.4) or has asked for; bytes both ways with back-pressure and half-close.

import type { LogSink } from '@sallyport/protocol/log/log';
import type { ByteStream } from '@sallyport/system/byte-stream';
import type { ChannelEvent, ChannelOpening, ConnectionPort } from '../connection-port.ts';
import { sessionMessages } from '../messages.ts';
import { openFailureText } from '../open-failure.ts';

export interface ForwardedChannelOptions {
  /** What to ask the server for, or the number of a channel that it asked for. */
  readonly opening: ChannelOpening | number;
  readonly log: LogSink;
}

/** How it was: the server opened the channel, or refused it. */
export type ForwardedEnd = 'closed' | 'refused';

/** More than this does not wait in a channel. */
const enoughQueuedBytes = 512 * 1024;
/** A small part of the window: it need not be told more often. */
const consumptionBytes = 128 * 1024;

/** Takes over the stream, which is not read before the channel is open. Resolves, never rejects, when it is over. */
export function forwardChannel(
  port: ConnectionPort,
  stream: ByteStream,
  options: ForwardedChannelOptions,
): Promise<ForwardedEnd> {
  return new Promise((resolve) => {
    new ForwardedChannel(port, stream, { ...options, settle: resolve }).open();
  });
}

class ForwardedChannel {
  readonly #port: ConnectionPort;
  readonly #stream: ByteStream;
  readonly #options: ForwardedChannelOptions & { readonly settle: (end: ForwardedEnd) => void };
  #channel = -1;
  #state: 'opening' | 'open' | 'closing' | 'closed' = 'opening';
  #isHeld = false;
  #isFull = false;
  #unconsumedBytes = 0;

  constructor(
    port: ConnectionPort,
    stream: ByteStream,
    options: ForwardedChannelOptions & { readonly settle: (end: ForwardedEnd) => void },
  ) {
    this.#port = port;
    this.#stream = stream;
    this.#options = options;
  }

  open(): void {
    const stream = this.#stream;
    stream.onData = (chunk) => this.#send(chunk);
    stream.onEnd = () => {
      if (this.#state === 'open') this.#port.perform({ type: 'send-eof', channel: this.#channel });
    };
    stream.onDrain = () => {
      this.#isFull = false;
      this.#consume();
    };
    stream.onClose = (error) => this.#streamClosed(error);
    const { opening } = this.#options;
    const listener = (event: ChannelEvent): void => this.#handle(event);
    if (typeof opening === 'number') {
      this.#channel = opening;
      this.#state = 'open';
      this.#port.acceptChannel(opening, listener);
      stream.resume();
    } else {
      this.#channel = this.#port.openChannel(opening, listener);
    }
    void this.#port.ended.then(() => stream.destroy());
  }

  #handle(event: ChannelEvent): void {
    switch (event.type) {
      case 'channel-opened':
        if (this.#state !== 'opening') return;
        this.#state = 'open';
        return this.#stream.resume();
      case 'data-received':
        return this.#receive(event.data, event.extended !== undefined);
      case 'sending-possible':
        return this.#sendingPossible();
      case 'eof-received':
        return this.#stream.end();
      case 'channel-request-received':
        if (event.wantReply) {
          this.#port.perform({ type: 'reply-channel-request', channel: this.#channel, success: false });
        }
        return;
      case 'channel-refused':
        return this.#refused(openFailureText(event.reason, event.description));
      case 'channel-closed':
        return this.#channelClosed();
      case 'channel-request-answered':
      case 'channel-requested':
        return;
    }
  }

  #send(chunk: Uint8Array): void {
    if (this.#state !== 'open') {
      // The channel has gone: whoever still writes learns that nobody reads.
      if (this.#stream.bufferedBytes === 0) this.#stream.destroy();
      return;
    }
    this.#port.perform({ type: 'send-data', channel: this.#channel, data: chunk });
    if (this.#port.queuedBytes(this.#channel) < enoughQueuedBytes) return;
    this.#isHeld = true;
    this.#stream.pause();
  }

  #sendingPossible(): void {
    if (!this.#isHeld || this.#port.queuedBytes(this.#channel) >= enoughQueuedBytes) return;
    this.#isHeld = false;
    this.#stream.resume();
  }

  #receive(lent: Uint8Array, isExtended: boolean): void {
    this.#unconsumedBytes += lent.length;
    if (!isExtended) {
      const written = this.#stream.writeNow?.(lent) ?? 0;
      if (written < lent.length) this.#isFull = !this.#stream.write([lent.slice(written)]);
    }
    if (!this.#isFull && this.#unconsumedBytes >= consumptionBytes) this.#consume();
  }

  #consume(): void {
    const bytes = this.#unconsumedBytes;
    this.#unconsumedBytes = 0;
    if (bytes > 0 && this.#state === 'open') this.#port.perform({ type: 'consume', channel: this.#channel, bytes });
  }

  #refused(reason: string): void {
    this.#state = 'closed';
    this.#options.log('info', sessionMessages.openFailed(this.#channel, reason));
    this.#stream.destroy();
    this.#options.settle('refused');
  }

  /** What came goes out before the end. */
  #channelClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closing';
    this.#isHeld = false;
    this.#stream.end();
    this.#stream.resume();
    this.#options.settle('closed');
  }

  #streamClosed(error: Error | undefined): void {
    const { channel, discard } = { channel: this.#channel, discard: error !== undefined };
    if (this.#state === 'opening' || this.#state === 'open')
      this.#port.perform({ type: 'close-channel', channel, discard });
    this.#state = 'closed';
    this.#options.settle('closed');
  }
}
