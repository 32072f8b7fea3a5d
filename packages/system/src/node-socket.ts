// A socket of node:net as an endpoint, on both runtimes: what the runtime connected or accepted. Nothing of node:net is
// loaded here: it costs Bun 6 ms, and whoever has such a socket has loaded it.

import type { OnReadOpts, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { bunRuntime } from './bun-runtime.ts';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';

/**
 * One buffer for all that a socket reads, instead of a new one for each read: a bulk transfer is not slowed down by
 * their collection. For the options of the socket when it is made, and then for openSocket.
 */
export interface ReadBuffer {
  /** Spread into the options of net.connect(). Empty on Bun, whose sockets do not need it. */
  readonly socketOptions: { readonly onread?: OnReadOpts };
  /** Where reads go; they are lent until it returns. */
  deliver: (chunk: Uint8Array) => void;
}

export function createReadBuffer(bytes: number): ReadBuffer {
  if (bunRuntime() !== undefined) return { socketOptions: {}, deliver: () => undefined };
  const buffer = new Uint8Array(bytes);
  const callback = (count: number): boolean => {
    reads.deliver(buffer.subarray(0, count));
    return true;
  };
  const reads: ReadBuffer = { socketOptions: { onread: { buffer, callback } }, deliver: () => undefined };
  return reads;
}

/**
 * A socket at any moment of its life, connecting included, or another stream of Node in its place. Owns it. `reads` is
 * what the socket was made with.
 */
export function openSocket(socket: Socket | Duplex, events: EndpointEvents, reads?: ReadBuffer): Endpoint {
  socket.pause();
  if ('setNoDelay' in socket) socket.setNoDelay(true);
  socket.allowHalfOpen = true;
  socket.on('data', (chunk: Buffer) => events.data(chunk));
  if (reads !== undefined) reads.deliver = (chunk) => events.view(chunk);
  socket.on('end', () => events.end());
  socket.on('error', (error) => events.error(error));
  socket.on('close', () => events.end());
  return {
    source: { start: () => socket.resume(), stop: () => socket.pause() },
    sink: { write: (batch, done) => writeBatch(socket, batch, done), end: () => socket.end() },
    close: () => socket.destroy(),
  };
}

/** Bun joins what is written behind a cork by copying it: for large chunks a call each is cheaper. */
const largeChunkBytes = 64 * 1024;

/** Hands a batch to the system in one call where the runtime can and it pays. */
export function writeBatch(socket: Duplex, batch: readonly Uint8Array[], done: WriteDone): void {
  const last = batch.length - 1;
  const joined = last > 0 && batch.every((chunk) => chunk.length < largeChunkBytes);
  if (joined) socket.cork();
  for (const [index, chunk] of batch.entries()) {
    if (index === last) socket.write(chunk, (error) => done(error ?? undefined));
    else socket.write(chunk);
  }
  if (joined) socket.uncork();
}
