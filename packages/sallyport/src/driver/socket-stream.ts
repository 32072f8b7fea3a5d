// A node:net socket as a ByteStream. Nagle's algorithm is off from the first byte: SSH's small packets must not wait.
// Does not connect, listen or retry.

import type { Socket } from 'node:net';

import type { ByteStream, ByteStreamHandlers } from './byte-stream.ts';

/**
 * Takes over a socket, which should be made with `allowHalfOpen`: it must not be connecting any more and nobody else
 * may read or write it.
 */
export function socketStream(socket: Socket): ByteStream {
  return new SocketStream(socket);
}

class SocketStream implements ByteStream {
  readonly #socket: Socket;
  #error: Error | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.pause();
    // From here on no 'error' event can go unheard: it is told with close().
    socket.on('error', (error) => {
      this.#error = error;
    });
  }

  listen(handlers: ByteStreamHandlers): void {
    const socket = this.#socket;
    for (const name of ['data', 'end', 'drain', 'close']) socket.removeAllListeners(name);
    if (socket.destroyed) {
      queueMicrotask(() => handlers.close(this.#error));
      return;
    }
    socket.on('data', (chunk: Buffer) => handlers.data(chunk));
    socket.on('end', () => handlers.end());
    socket.on('drain', () => handlers.drain());
    socket.on('close', () => handlers.close(this.#error));
    socket.resume();
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
