// A socket of node:net as an endpoint, on both runtimes: what the runtime connected or accepted. Nothing of node:net is
// loaded here: it costs Bun 6 ms, and whoever has such a socket has loaded it.

import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';

/** A socket at any moment of its life, connecting included, or another stream of Node in its place. Owns it. */
export function openSocket(socket: Socket | Duplex, events: EndpointEvents): Endpoint {
  socket.pause();
  if ('setNoDelay' in socket) socket.setNoDelay(true);
  socket.allowHalfOpen = true;
  socket.on('data', (chunk: Buffer) => events.data(chunk));
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
