// Listens for connections that are to be forwarded: on a port of some of our addresses, or on a socket in the file
// system with the permissions of StreamLocalBindMask. Says what fails; taking connections is the caller's.

import { lstatSync, unlinkSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import type { SocketEnd, TcpEnd } from '@sallyport/protocol/config/forward-spec';
import type { LogSink } from '@sallyport/protocol/log/log';
import type { AddressFamily } from '@sallyport/system/resolve';
import { ResolveError, resolveHost } from '@sallyport/system/resolve';
import { errorText } from '@sallyport/system/system-error';
import { forwardMessages } from '../messages.ts';

export interface ListenOptions {
  readonly family?: AddressFamily | undefined;
  /** GatewayPorts: a port without an address listens everywhere. */
  readonly gatewayPorts: boolean;
  /** StreamLocalBindUnlink. */
  readonly unlinkFirst: boolean;
  /** StreamLocalBindMask. */
  readonly socketMask: number;
  readonly log: LogSink;
}

export type Accept = (socket: Socket) => void;

const backlog = 128;

/** The servers that listen; none when it did not work anywhere, which has been said. */
export async function listen(
  where: TcpEnd | SocketEnd,
  options: ListenOptions,
  accept: Accept,
): Promise<readonly Server[]> {
  return where.kind === 'socket' ? listenOnSocket(where.path, options, accept) : listenOnPort(where, options, accept);
}

/** undefined stands for every address. */
function bindHost({ host }: TcpEnd, gatewayPorts: boolean): string | undefined {
  if (host === undefined) return gatewayPorts ? undefined : 'localhost';
  return host === '' || host === '*' ? undefined : host;
}

async function listenOnPort(where: TcpEnd, options: ListenOptions, accept: Accept): Promise<readonly Server[]> {
  const { log, family, gatewayPorts } = options;
  const host = bindHost(where, gatewayPorts);
  const addresses = addressesOf(host, family);
  if (!Array.isArray(addresses)) {
    log('error', forwardMessages.noAddress(host ?? '*', addresses.reason));
    return [];
  }
  const servers: Server[] = [];
  for (const [index, address] of addresses.entries()) {
    const isIpv6 = address.includes(':');
    const listening = await start({ host: address, port: where.port, backlog, ipv6Only: isIpv6 }, accept);
    if ('reason' in listening) {
      const level = index === addresses.length - 1 ? 'error' : 'verbose';
      log(level, forwardMessages.bindFailed(address, where.port, listening.reason));
      continue;
    }
    log('debug1', `Local forwarding listening on ${address} port ${where.port}.`);
    servers.push(listening);
  }
  if (servers.length === 0) log('error', forwardMessages.cannotListen(where.port));
  return servers;
}

interface Refusal {
  readonly reason: string;
}

function addressesOf(host: string | undefined, family: AddressFamily | undefined): string[] | Refusal {
  if (host === undefined) {
    const everywhere = { inet: ['0.0.0.0'], inet6: ['::'] } as const;
    return family === undefined ? [...everywhere.inet, ...everywhere.inet6] : [...everywhere[family]];
  }
  try {
    return [...resolveHost(host, { family })];
  } catch (error) {
    if (error instanceof ResolveError) return { reason: error.message };
    throw error;
  }
}

async function listenOnSocket(path: string, options: ListenOptions, accept: Accept): Promise<readonly Server[]> {
  const { log, unlinkFirst, socketMask } = options;
  if (unlinkFirst) unlinkSocket(path);
  const umask = process.umask(socketMask);
  const listening = await start({ path, backlog }, accept);
  process.umask(umask);
  if ('reason' in listening) {
    log('error', forwardMessages.socketBindFailed(path, listening.reason));
    return [];
  }
  log('debug1', `Local forwarding listening on path ${path}.`);
  return [listening];
}

/** Only what is a socket: a name that the user mistyped must not cost a file. */
function unlinkSocket(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === true) unlinkSync(path);
}

/** node:net is loaded here and not before: few connections forward anything. */
function start(where: Parameters<Server['listen']>[0] & object, accept: Accept): Promise<Server | Refusal> {
  const { createServer } = process.getBuiltinModule('node:net');
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
  return new Promise((resolve) => {
    // Later ones are connections that could not be taken: the next may be.
    server.on('error', (error: NodeJS.ErrnoException) => resolve({ reason: errorText(error.code ?? '') }));
    server.listen(where, () => resolve(server));
  });
}
