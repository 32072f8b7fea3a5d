// A listening TCP socket whose connections are given away as bare descriptors: nothing of them is read here, so they
// can be passed to another process. The runtime only says when there is one (`pauseOnConnect`).

import { closeDescriptor } from './descriptors.ts';
import { acceptDescriptors, openListening } from './listening-socket.ts';
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

/** Listens on a numeric address, IPv6 without IPv4; rejects with the error of bind(2) or listen(2). */
export async function listenForDescriptors(
  where: SocketAddress,
  onAccepted: (accepted: AcceptedDescriptor) => void,
): Promise<Listener> {
  const address = encodeSocketAddress(where);
  const family = address.readUInt16LE(0);
  const fd = openListening({
    family,
    address,
    prepare: (socket) => {
      setSocketOption(socket, 'reuseAddress', 1);
      if (family === families.inet6) setSocketOption(socket, 'ipv6Only', 1);
    },
  });
  const bound = ownAddress(fd) ?? where;
  const listening = await acceptDescriptors(fd, (accepted) => {
    const connection = withEnds(accepted);
    if (connection !== undefined) onAccepted(connection);
  });
  return { ...bound, fd, close: () => listening.close() };
}

function withEnds(fd: number): AcceptedDescriptor | undefined {
  const ends = endsOf(fd);
  if (ends !== undefined) return { fd, ...ends };
  closeDescriptor(fd);
  return undefined;
}
