// Bytes that go, for whoever writes them: promises that resolve when the data has left for the peer, and adapters to
// the streams of Node and of the web. What is written waits in the channel's queue until the peer's window and the
// socket allow.

import { Writable } from 'node:stream';
import { WritableStream } from 'node:stream/web';

import { utf8Encode } from '@sallyport/protocol/wire/utf8';

/** What a sink needs of its channel. */
export interface SinkChannel {
  /** Queues data by reference. */
  send(data: Uint8Array): void;
  /** Tells the peer that nothing more comes. */
  end(): void;
  /** Bytes of this channel that are queued and have not left. */
  queuedBytes(): number;
}

export class ByteSink {
  readonly #channel: SinkChannel;
  #state: { readonly is: 'open' } | { readonly is: 'ended' } | { readonly is: 'lost'; readonly error: Error } = {
    is: 'open',
  };
  /** Writes whose data has not all left, oldest first; `end` counts all bytes of the sink up to the write's last. */
  #waiting: { readonly end: number; readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  #writtenBytes = 0;

  constructor(channel: SinkChannel) {
    this.#channel = channel;
  }

  /**
   * Sends bytes or UTF-8 text. Resolves when all of it has left, so that whoever awaits each write is held back by a
   * slow peer; do not change the array before. Rejects when the channel closes first or end() was called.
   */
  write(data: Uint8Array | string): Promise<void> {
    if (this.#state.is === 'lost') return Promise.reject(this.#state.error);
    if (this.#state.is === 'ended') return Promise.reject(new Error('write after end'));
    const bytes = typeof data === 'string' ? utf8Encode(data) : data;
    if (bytes.length === 0) return Promise.resolve();
    this.#channel.send(bytes);
    this.#writtenBytes += bytes.length;
    const end = this.#writtenBytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ end, resolve, reject });
    });
  }

  /** Tells the peer that nothing more comes, after what was written. */
  end(): void {
    if (this.#state.is !== 'open') return;
    this.#state = { is: 'ended' };
    this.#channel.end();
  }

  /** Writes all chunks in order, each after the one before has left, then ends. */
  async from(source: AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>): Promise<void> {
    for await (const chunk of source) await this.write(chunk);
    this.end();
  }

  /** A Writable of Node; its end is the end of this sink. */
  get node(): Writable {
    return new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        this.write(chunk).then(() => callback(), callback);
      },
      final: (callback) => {
        this.end();
        callback();
      },
    });
  }

  /** A WritableStream of bytes; its close is the end of this sink. */
  get web(): WritableStream<Uint8Array> {
    return new WritableStream<Uint8Array>({
      write: (chunk) => this.write(chunk),
      close: () => this.end(),
      abort: () => this.end(),
    });
  }

  /** Bytes that were written and have not left. */
  get waitingBytes(): number {
    return this.#waiting.length === 0 ? 0 : this.#channel.queuedBytes();
  }

  /** For the channel: some of the queue has left. */
  progress(): void {
    if (this.#waiting.length === 0) return;
    const leftBytes = this.#writtenBytes - this.#channel.queuedBytes();
    while (this.#waiting.length > 0 && (this.#waiting[0]?.end as number) <= leftBytes) this.#waiting.shift()?.resolve();
  }

  /** For the channel: it is closed or gone. */
  lose(error: Error): void {
    this.#state = { is: 'lost', error };
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) reject(error);
  }
}
