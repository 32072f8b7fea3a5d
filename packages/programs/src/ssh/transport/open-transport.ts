// The way to the server as a stream of bytes: a TCP connection to the first address that answers, a proxy
// command, or a jump host.
// Failures come as data, in OpenSSH's words; what is said over the stream is the business of connection-port.ts.

import type { JumpOptions } from './jump-host.ts';
import { openJump } from './jump-host.ts';
import type { ProxyCommandOptions } from './proxy-command.ts';
import { openProxyCommand } from './proxy-command.ts';
import type { TcpOptions } from './tcp.ts';
import { openTcp } from './tcp.ts';
import type { OpenedTransport, TransportFailure } from './transport-result.ts';

export type TransportOptions = TcpOptions | ProxyCommandOptions | JumpOptions;

/** Never rejects because of the server or the network. */
export async function openTransport(options: TransportOptions): Promise<OpenedTransport | TransportFailure> {
  if ('jumpArguments' in options) return openJump(options);
  return 'command' in options ? openProxyCommand(options) : await openTcp(options);
}
