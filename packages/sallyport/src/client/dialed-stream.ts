// A connection that the server made for us to a host and port:
// bytes both ways, half-close, and adapters.

import { Duplex } from 'node:stream';

import type { ByteSink } from '../channel/byte-sink.ts';
import type { ByteSource } from '../channel/byte-source.ts';
import type { Channel } from '../channel/channel.ts';
import { channelStream } from '../channel/channel-stream.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import type { SshError } from '../errors.ts';

export class DialedStream implements AsyncDisposable {
  /** What the other end sends. */
  readonly readable: ByteSource;
  /** What we send; end() closes our direction only. */
  readonly writable: ByteSink;
  /** Resolves, never rejects, when both directions are closed or the connection is lost. */
  readonly closed: Promise<SshError | undefined>;
  readonly #channel: Channel;

  /** Made by Client.dial(). */
  constructor(channel: Channel) {
    this.#channel = channel;
    this.readable = channel.input;
    this.writable = channel.output;
    this.closed = channel.closed;
    channel.errors.discard();
  }

  /** A Duplex of Node, with half-close; its end closes the channel. Use it instead of `readable` and `writable`. */
  get node(): Duplex {
    const duplex = Duplex.from({ readable: this.readable.node, writable: this.writable.node });
    duplex.once('close', () => this.#channel.close());
    return duplex;
  }

  /** For connect({ via }): takes over both directions. */
  byteStream(): ByteStream {
    return channelStream(this.#channel);
  }

  /** Closes both directions; what is unread is dropped. */
  close(): void {
    this.#channel.close({ discard: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }
}
