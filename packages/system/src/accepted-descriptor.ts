// Takes a connection out of the runtime's hands as a bare descriptor. The runtime must not have read from it
// (`pauseOnConnect`).

import type { Socket } from 'node:net';
import { duplicate } from './descriptors.ts';
import { SystemError } from './system-error.ts';

interface WithHandle {
  readonly _handle?: { readonly fd?: number };
}

/**
 * A copy of the socket's descriptor, the receiver's to close; the runtime's own socket object is done with. undefined
 * when the connection is gone, or took the last descriptor that we may have: then it is closed.
 */
export function takeDescriptor(socket: Socket): number | undefined {
  socket.on('error', () => undefined);
  const handle = (socket as unknown as WithHandle)._handle;
  try {
    return handle?.fd === undefined || handle.fd < 0 ? undefined : duplicate(handle.fd);
  } catch (error) {
    if (error instanceof SystemError) return undefined;
    throw error;
  } finally {
    socket.destroy();
  }
}
