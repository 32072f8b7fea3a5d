// A channel that is a socket of this process: bytes both ways with back-pressure and half-close, for forwardings in
// either direction (RFC 4254 section 7). Who opens the socket and the channel decides everything else.

import type * as net from 'node:net';
import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import type { ChannelHandler } from './channel-handler.ts';

export interface SocketChannelOptions {
  readonly channel: number;
  readonly perform: (command: ConnectionCommand) => void;
  /** Bytes that are queued for the peer on this channel. */
  readonly queuedBytes: () => number;
}

const highWaterBytes = 1024 * 1024;

/** The socket was made with allowHalfOpen; it is not read before opened() is called. */
export class SocketChannel implements ChannelHandler {
  readonly #options: SocketChannelOptions;
  readonly #socket: net.Socket;
  #unconsumed = 0;
  #state: 'opening' | 'open' | 'over' = 'opening';

  constructor(socket: net.Socket, options: SocketChannelOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.pause();
  }

  /** The channel is open on both sides. */
  opened(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    const { channel, queuedBytes } = this.#options;
    const socket = this.#socket;
    socket.on('data', (data) => {
      this.#perform({ type: 'send-data', channel, data });
      if (queuedBytes() >= highWaterBytes) socket.pause();
    });
    socket.on('drain', () => this.#consume());
    socket.on('end', () => this.#perform({ type: 'send-eof', channel }));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#perform({ type: 'close-channel', channel });
      this.#state = 'over';
    });
    if (socket.destroyed) this.#perform({ type: 'close-channel', channel });
    else socket.resume();
  }

  receive(data: Uint8Array): void {
    this.#unconsumed += data.length;
    if (this.#socket.write(new Uint8Array(data))) this.#consume();
  }

  receiveEof(): void {
    this.#socket.end();
  }

  resume(): void {
    if (this.#state === 'open') this.#socket.resume();
  }

  /** The channel is gone: what the socket still says is about nothing. */
  destroy(): void {
    this.#state = 'over';
    this.#socket.destroy();
  }

  #perform(command: ConnectionCommand): void {
    if (this.#state === 'open') this.#options.perform(command);
  }

  #consume(): void {
    const bytes = this.#unconsumed;
    this.#unconsumed = 0;
    if (bytes > 0) this.#perform({ type: 'consume', channel: this.#options.channel, bytes });
  }
}
