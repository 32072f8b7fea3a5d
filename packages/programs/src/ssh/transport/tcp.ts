// A TCP connection to a host: each address in the order of the system, all of them again as often as asked
// (ConnectionAttempts), from an address of ours if told (BindAddress), each try no longer than ConnectTimeout.

import { setTimeout as sleep } from 'node:timers/promises';
import type { LogSink } from '@sallyport/protocol/log/log';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import type { AddressFamily } from '@sallyport/system/resolve';
import { ResolveError, resolveHost } from '@sallyport/system/resolve';
import type { SocketAddress } from '@sallyport/system/socket-address';
import { endsOf } from '@sallyport/system/socket-address';
import { errorText, SystemError } from '@sallyport/system/system-error';
import { connectTcp, setTypeOfService } from '@sallyport/system/tcp-connect';
import { sshMessages } from '../messages.ts';
import type { OpenedTransport, TransportFailure } from './transport-result.ts';

export interface TcpOptions {
  /** As HostName says; also in messages. */
  readonly host: string;
  readonly port: number;
  /** AddressFamily; both unless told. */
  readonly family?: AddressFamily | undefined;
  /** BindAddress: a name or an address of ours. */
  readonly bindAddress?: string | undefined;
  /** ConnectTimeout, for each address. */
  readonly timeoutMs?: number | undefined;
  /** ConnectionAttempts; 1 unless told. */
  readonly attempts?: number;
  /** TCPKeepAlive. */
  readonly keepAlive: boolean;
  readonly log: LogSink;
}

const pauseBetweenAttemptsMs = 1000;

export async function openTcp(options: TcpOptions): Promise<OpenedTransport | TransportFailure> {
  const { host, port, family, log, attempts = 1 } = options;
  const addresses = resolve(host, family);
  if (!Array.isArray(addresses)) return { message: sshMessages.notResolved(host, addresses.reason) };
  let reason = 'failure';
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (attempt > 1) {
      await sleep(pauseBetweenAttemptsMs);
      log('debug1', 'Trying again...');
    }
    for (const address of addresses) {
      log('debug1', `Connecting to ${host} [${address}] port ${port}.`);
      const result = await connectTo({ address, port }, options);
      if (typeof result === 'number') {
        log('debug1', 'Connection established.');
        return opened(result);
      }
      reason = result.reason;
    }
  }
  return { message: sshMessages.notConnected(host, port, reason) };
}

interface Refusal {
  readonly reason: string;
}

function resolve(host: string, family: AddressFamily | undefined): string[] | Refusal {
  try {
    return [...resolveHost(host, { family })];
  } catch (error) {
    if (error instanceof ResolveError) return { reason: error.message };
    throw error;
  }
}

/** The descriptor of the connected socket, or why there is none. */
async function connectTo(to: SocketAddress, options: TcpOptions): Promise<number | Refusal> {
  const { bindAddress, timeoutMs, keepAlive, log } = options;
  const bind = bindAddress === undefined ? undefined : ownAddress(bindAddress, to);
  if (bind !== undefined && 'reason' in bind) {
    log('error', `getaddrinfo: ${bindAddress}: ${bind.reason}`);
    return { reason: 'failure' };
  }
  try {
    return await connectTcp(to, {
      keepAlive,
      ...(bind === undefined ? {} : { bind }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    const reason = errorText(error.code);
    if (error.syscall === 'bind') {
      log('error', `bind ${bindAddress}: ${reason}`);
      return { reason: 'failure' };
    }
    log('debug1', `connect to address ${to.address} port ${to.port}: ${reason}`);
    return { reason };
  }
}

function ownAddress(name: string, to: SocketAddress): SocketAddress | Refusal {
  const found = resolve(name, to.address.includes(':') ? 'inet6' : 'inet');
  if (!Array.isArray(found)) return found;
  const [address] = found;
  return address === undefined ? { reason: 'no address' } : { address, port: 0 };
}

function opened(fd: number): OpenedTransport {
  const ends = endsOf(fd);
  const stream = openDescriptor(fd);
  return {
    stream,
    ...(ends === undefined ? {} : { ends, fd }),
    setTypeOfService: (value) => {
      // Somebody else may have the number of a connection that is gone.
      if (endsOf(fd)?.local.port !== ends?.local.port) return;
      setTypeOfService(fd, ends?.peer.address.includes(':') === true, value);
    },
  };
}
