// A socket of node:net as an endpoint, on both runtimes: what the runtime connected or accepted. Nothing of node:net is
// loaded here: it costs Bun 6 ms, and whoever has such a socket has loaded it.

import type { Socket } from 'node:net';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';

/** A socket at any moment of its life, connecting included. Owns it. */
export function openSocket(socket: Socket, events: EndpointEvents): Endpoint {
  socket.pause();
  socket.setNoDelay(true);
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

/** Hands a batch to the system in one call where the runtime can. */
export function writeBatch(socket: Socket, batch: readonly Uint8Array[], done: WriteDone): void {
  const last = batch.length - 1;
  socket.cork();
  for (const [index, chunk] of batch.entries()) {
    if (index === last) socket.write(chunk, (error) => done(error ?? undefined));
    else socket.write(chunk);
  }
  socket.uncork();
}
