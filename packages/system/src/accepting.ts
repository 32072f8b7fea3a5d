// A listening TCP socket whose connections are given away as bare descriptors: nothing of them is read here.
// Addresses are in socket-address.ts.

import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { duplicate, setCloseOnExec } from './descriptors.ts';
import type { SocketAddress as Endpoint } from './socket-address.ts';
import { endsOf } from './socket-address.ts';

export type { SocketAddress as Endpoint } from './socket-address.ts';
export { endsOf } from './socket-address.ts';

export interface AcceptedDescriptor {
  /** The receiver's, to close. */
  readonly fd: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

export interface Listener extends Endpoint {
  close(): void;
}

const backlog = 128;

interface WithHandle {
  readonly _handle?: { readonly fd?: number };
}

/** Listens; rejects with the error of bind(2) or listen(2). */
export function listenForDescriptors(
  where: Endpoint,
  onAccepted: (accepted: AcceptedDescriptor) => void,
): Promise<Listener> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const accepted = takeDescriptor(socket);
    if (accepted !== undefined) onAccepted(accepted);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const ipv6Only = where.address.includes(':');
    server.listen({ host: where.address, port: where.port, backlog, ipv6Only }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : where.port;
      resolve({ address: where.address, port, close: () => server.close() });
    });
  });
}

/** A copy of the socket's descriptor; the runtime's own socket object is done with. */
function takeDescriptor(socket: Socket): AcceptedDescriptor | undefined {
  socket.on('error', () => undefined);
  const fd = (socket as unknown as WithHandle)._handle?.fd;
  const own = fd === undefined || fd < 0 ? undefined : duplicate(fd);
  socket.destroy();
  if (own === undefined) return undefined;
  setCloseOnExec(own, true);
  const ends = endsOf(own);
  if (ends === undefined) return undefined;
  return { fd: own, ...ends };
}
