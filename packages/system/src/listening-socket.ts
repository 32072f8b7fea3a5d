// What listening sockets of every family have in common: made, bound and listening or not there at all, and watched by
// the runtime, which only says when there is a connection (`pauseOnConnect`): nothing of it is read here.

import { createServer } from 'node:net';
import { takeDescriptor } from './accepted-descriptor.ts';
import { closeDescriptor } from './descriptors.ts';
import { check } from './libc.ts';

const backlog = 128;
const stream = 1 | 0o2000000;

export interface ListeningOptions {
  readonly family: number;
  /** A `struct sockaddr` of it. */
  readonly address: Buffer;
  /** Called before bind(2). */
  readonly prepare?: (fd: number) => void;
}

/** The caller's to close. @throws SystemError */
export function openListening({ family, address, prepare }: ListeningOptions): number {
  const fd = check('socket', family, stream, 0);
  try {
    prepare?.(fd);
    check('bind', fd, address, address.length);
    check('listen', fd, backlog);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

/** Takes connections on a listening socket, which it owns from here on. The receiver closes what it is given. */
export async function acceptDescriptors(fd: number, onAccepted: (fd: number) => void): Promise<{ close(): void }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const accepted = takeDescriptor(socket);
    if (accepted !== undefined) onAccepted(accepted);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd, backlog }, resolve);
  });
  server.on('error', () => undefined);
  return { close: () => void server.close() };
}
