// A channel as a ByteStream: what lets a connection run through another one, and a forwarded socket be pumped by a
// driver.

import type { ByteStream } from '../driver/byte-stream.ts';
import type { Channel } from './channel.ts';

/** Bytes that wait in the channel before write() says that it is full. */
const fullBytes = 512 * 1024;

/** Takes over both directions of the channel. */
export function channelStream(channel: Channel): ByteStream {
  return new ChannelStream(channel);
}

class ChannelStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onClose?: (error?: Error) => void;
  readonly #channel: Channel;
  #drainDue = false;
  #inputEnded = false;
  #ended = false;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.input.pause(true);
    channel.errors.discard();
    channel.input.flowTo({
      data: (chunk) => this.onData?.(chunk.slice()),
      end: () => {
        this.#inputEnded = true;
        this.onEnd?.();
        this.#closeWhenDone();
      },
    });
    void channel.closed.then((error) => this.onClose?.(error));
  }

  pause(): void {
    this.#channel.input.pause(true);
  }

  resume(): void {
    this.#channel.input.pause(false);
  }

  write(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) {
      this.#channel.output.write(chunk).then(
        () => this.#written(),
        () => undefined,
      );
    }
    this.#drainDue = this.bufferedBytes > fullBytes;
    return !this.#drainDue;
  }

  get bufferedBytes(): number {
    return this.#channel.output.waitingBytes;
  }

  end(): void {
    this.#ended = true;
    this.#channel.output.end();
    this.#closeWhenDone();
  }

  destroy(): void {
    this.#channel.close({ discard: true });
  }

  #closeWhenDone(): void {
    if (this.#ended && this.#inputEnded) this.#channel.close();
  }

  #written(): void {
    if (!this.#drainDue || this.bufferedBytes > fullBytes / 2) return;
    this.#drainDue = false;
    this.onDrain?.();
  }
}
