// LocalForward and -L: connections to us that the server continues (RFC 4254 section 7.2). All listeners are there, or
// have been complained about, before the session begins.

import type { Server, Socket } from 'node:net';
import type { SocketEnd, TcpEnd } from '@sallyport/protocol/config/forward-spec';
import { fromSocket } from '@sallyport/system/descriptor-stream';
import type { ConnectionPort } from '../connection-port.ts';
import { forwardMessages } from '../messages.ts';
import { forwardChannel } from './forwarded-channel.ts';
import type { ListenOptions } from './listen.ts';
import { listen } from './listen.ts';
import { openingFor } from './target.ts';

export interface LocalForward {
  readonly listen: TcpEnd | SocketEnd;
  readonly connect: TcpEnd | SocketEnd;
}

export interface LocalForwardOptions extends ListenOptions {
  readonly forwards: readonly LocalForward[];
  /** ExitOnForwardFailure. */
  readonly exitOnFailure: boolean;
}

/** Whether the session may begin: false when a listener is missing that must be there. Never rejects. */
export async function startLocalForwards(port: ConnectionPort, options: LocalForwardOptions): Promise<boolean> {
  const { forwards, exitOnFailure, log } = options;
  const servers: Server[] = [];
  let working = 0;
  for (const forward of forwards) {
    log(
      'debug1',
      `Local connections to ${describe(forward.listen)} forwarded to remote address ${describe(forward.connect)}`,
    );
    const listening = await listen(forward.listen, options, (socket) => {
      log('debug1', `Connection to ${describe(forward.listen)} forwarding to ${describe(forward.connect)} requested.`);
      const opening = openingFor(forward.connect, originatorOf(socket));
      void forwardChannel(port, fromSocket(socket), { opening, log });
    });
    if (listening.length > 0) working++;
    servers.push(...listening);
  }
  void port.ended.then(() => {
    for (const server of servers) server.close();
  });
  if (working === forwards.length) return true;
  if (exitOnFailure) {
    log('fatal', forwardMessages.notRequested);
    return false;
  }
  if (working === 0) log('error', forwardMessages.notRequested);
  return true;
}

function describe(end: TcpEnd | SocketEnd): string {
  return end.kind === 'socket' ? end.path : `${end.host ?? 'LOCALHOST'}:${end.port}`;
}

/** Who connected; nothing for sockets of the file system. */
function originatorOf({ remoteAddress, remotePort }: Socket): { address: string; port: number } | undefined {
  return remoteAddress === undefined || remotePort === undefined
    ? undefined
    : { address: remoteAddress, port: remotePort };
}
