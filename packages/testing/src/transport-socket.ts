// A transport on a socket, for tests against other programs: feeds it, hands its events out, writes what it says.
// No back-pressure and no timers; the drivers of the library have those.

import type { Socket } from 'node:net';
import type { TransportEvent } from '@sallyport/protocol/transport/events';
import type { Transport } from '@sallyport/protocol/transport/transport';

/** Resolves when the socket is closed; rejects with what `handle` threw, or when it fails before the transport ends. */
export async function runTransport(
  transport: Transport,
  socket: Socket,
  handle: (event: TransportEvent) => void,
): Promise<void> {
  let ended = false;
  const closed = new Promise<void>((resolve, reject) => {
    // The peer may be gone before it has read the last that we said.
    socket.on('error', (error) => ended || reject(error));
    socket.once('close', () => resolve());
  });
  const step = (): void => {
    for (let event = transport.nextEvent(); event !== undefined; event = transport.nextEvent()) {
      ended ||= event.type === 'ended';
      handle(event);
    }
    for (const chunk of transport.takeOutput()) socket.write(chunk);
    if (ended) socket.end();
  };
  socket.on('data', (chunk: Uint8Array) => {
    try {
      transport.receive(chunk);
      step();
    } catch (error) {
      ended = false;
      socket.destroy(error as Error);
    }
  });
  step();
  await closed;
}
