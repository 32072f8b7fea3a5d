// Where the server is to connect to, as the message that asks for it: a host and port (RFC 4254 section 7.2) or a
// socket of its file system (PROTOCOL section 2.4).

import type { SocketEnd, TcpEnd } from '@sallyport/protocol/config/forward-spec';
import { directStreamlocalFields, directTcpipFields } from '@sallyport/protocol/messages/connection';
import type { SocketAddress } from '@sallyport/system/socket-address';
import type { ChannelOpening } from '../connection-port.ts';

/** Some servers refuse what is no address: OpenSSH's choice for connections that have none. */
const noOriginator: SocketAddress = { address: '127.0.0.1', port: 65535 };

/** `from` is who connected to us, when that was by TCP. */
export function openingFor(target: TcpEnd | SocketEnd, from: SocketAddress = noOriginator): ChannelOpening {
  if (target.kind === 'socket') {
    const fields = directStreamlocalFields.encode({ path: target.path, reserved: '', reservedNumber: 0 });
    return { channelType: 'direct-streamlocal@openssh.com', fields };
  }
  const { host = 'localhost', port } = target;
  const { address: originatorAddress, port: originatorPort } = from;
  const fields = directTcpipFields.encode({ host, port, originatorAddress, originatorPort });
  return { channelType: 'direct-tcpip', fields };
}
