// A socket of Node as a ByteStream: TCP, a Unix socket, or any other Duplex. Nagle's algorithm is off from the first
// byte: SSH's small packets must not wait.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import type { ByteStream } from './byte-stream.ts';

/**
 * Takes over a socket, which should be made with `allowHalfOpen`: it must not be connecting any more and nobody else
 * may read or write it.
 */
export function socketStream(socket: Socket | Duplex): ByteStream {
  return new SocketStream(socket);
}

class SocketStream implements ByteStream {
  onData?: (chunk: Uint8Array) => void;
  onEnd?: () => void;
  onDrain?: () => void;
  onClose?: (error?: Error) => void;
  readonly #socket: Socket | Duplex;
  #error: Error | undefined;

  constructor(socket: Socket | Duplex) {
    this.#socket = socket;
    if ('setNoDelay' in socket) socket.setNoDelay(true);
    socket.pause();
    // From here on no 'error' event can go unheard: it is told with close().
    socket.on('error', (error: Error) => {
      this.#error ??= error;
    });
    socket.on('data', (chunk: Uint8Array) => this.onData?.(chunk));
    socket.on('end', () => this.onEnd?.());
    socket.on('drain', () => this.onDrain?.());
    socket.on('close', () => this.onClose?.(this.#error));
    if (socket.destroyed) queueMicrotask(() => this.onClose?.(this.#error));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket;
    if (!socket.writable) return true;
    if (chunks.length === 1) return socket.write(chunks[0] as Uint8Array);
    socket.cork();
    let more = true;
    for (const chunk of chunks) more = socket.write(chunk);
    socket.uncork();
    return more;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
