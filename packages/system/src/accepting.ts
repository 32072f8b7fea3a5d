// A listening TCP socket whose connections are given away as bare descriptors: nothing of them is read here, so they
// can be passed to another process. The runtime only says when there is one (`pauseOnConnect`).

import { createServer } from 'node:net';
import { takeDescriptor } from './accepted-descriptor.ts';
import { closeDescriptor } from './descriptors.ts';
import { check } from './libc.ts';
import type { SocketAddress } from './socket-address.ts';
import { encodeSocketAddress, endsOf, families, ownAddress } from './socket-address.ts';
import { setSocketOption } from './socket-options.ts';

export { endsOf } from './socket-address.ts';

export interface AcceptedDescriptor {
  /** The receiver's, to close; closes itself at exec. */
  readonly fd: number;
  readonly peer: SocketAddress;
  readonly local: SocketAddress;
}

/** With the port that was chosen where 0 was asked for. */
export interface Listener extends SocketAddress {
  /** The listening socket; closed by `close`. */
  readonly fd: number;
  close(): void;
}

const backlog = 128;
const stream = 1 | 0o2000000;

/** Listens on a numeric address, IPv6 without IPv4; rejects with the error of bind(2) or listen(2). */
export async function listenForDescriptors(
  where: SocketAddress,
  onAccepted: (accepted: AcceptedDescriptor) => void,
): Promise<Listener> {
  const fd = openListening(where);
  const bound = ownAddress(fd) ?? where;
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const accepted = withEnds(takeDescriptor(socket));
    if (accepted !== undefined) onAccepted(accepted);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd, backlog }, resolve);
  });
  server.on('error', () => undefined);
  return { ...bound, fd, close: () => server.close() };
}

function openListening(where: SocketAddress): number {
  const address = encodeSocketAddress(where);
  const family = address.readUInt16LE(0);
  const fd = check('socket', family, stream, 0);
  try {
    setSocketOption(fd, 'reuseAddress', 1);
    if (family === families.inet6) setSocketOption(fd, 'ipv6Only', 1);
    check('bind', fd, address, address.length);
    check('listen', fd, backlog);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

function withEnds(fd: number | undefined): AcceptedDescriptor | undefined {
  if (fd === undefined) return undefined;
  const ends = endsOf(fd);
  if (ends !== undefined) return { fd, ...ends };
  closeDescriptor(fd);
  return undefined;
}
