// A channel as a ByteStream: what lets a connection run through another one, and a forwarded socket be pumped by a
// driver. A session's two main streams are one as well, for protocols that a program of ours speaks there.

import type { ByteStream } from '../driver/byte-stream.ts';
import type { ByteSink } from './byte-sink.ts';
import type { ByteSource } from './byte-source.ts';
import type { Channel } from './channel.ts';

/** Bytes that wait in the channel before write() says that it is full. */
const fullBytes = 512 * 1024;

/** Takes over both directions of the channel. */
export function channelStream(channel: Channel): ByteStream {
  channel.errors.discard();
  return new ChannelStream({
    input: channel.input,
    output: channel.output,
    closed: channel.closed,
    finish: () => channel.close(),
    destroy: () => channel.close({ discard: true }),
  });
}

/** Takes over the two main streams of a session, which ends by its exit. */
export function sessionStream(session: Omit<StreamParts, 'finish'>): ByteStream {
  return new ChannelStream({ ...session, finish: () => undefined });
}

interface StreamParts {
  readonly input: ByteSource;
  readonly output: ByteSink;
  readonly closed: Promise<Error | undefined>;
  /** Both directions have ended. */
  readonly finish: () => void;
  readonly destroy: () => void;
}

class ChannelStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onView?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onClose?: (error?: Error) => void;
  onTaken?: (chunk: Uint8Array) => void;
  readonly #parts: StreamParts;
  #drainDue = false;
  #inputEnded = false;
  #ended = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    parts.input.pause(true);
    parts.input.flowTo({
      data: (chunk) => {
        if (this.onView === undefined) this.onData?.(chunk.slice());
        else this.onView(chunk);
      },
      end: () => {
        this.#inputEnded = true;
        this.onEnd?.();
        this.#closeWhenDone();
      },
    });
    void parts.closed.then((error) => this.onClose?.(error));
  }

  pause(): void {
    this.#parts.input.pause(true);
  }

  resume(): void {
    this.#parts.input.pause(false);
  }

  write(chunks: readonly Uint8Array[]): boolean {
    for (const chunk of chunks) {
      this.#parts.output.write(chunk).then(
        () => this.#written(chunk),
        () => undefined,
      );
    }
    this.#drainDue = this.bufferedBytes > fullBytes;
    return !this.#drainDue;
  }

  get bufferedBytes(): number {
    return this.#parts.output.waitingBytes;
  }

  end(): void {
    this.#ended = true;
    this.#parts.output.end();
    this.#closeWhenDone();
  }

  destroy(): void {
    this.#parts.destroy();
  }

  #closeWhenDone(): void {
    if (this.#ended && this.#inputEnded) this.#parts.finish();
  }

  #written(chunk: Uint8Array): void {
    this.onTaken?.(chunk);
    if (!this.#drainDue || this.bufferedBytes > fullBytes / 2) return;
    this.#drainDue = false;
    this.onDrain?.();
  }
}
