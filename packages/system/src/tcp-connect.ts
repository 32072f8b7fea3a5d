// Connects a TCP socket and gives its descriptor, without node:net, whose loading costs Bun twelve milliseconds. One
// address, one try: names, several addresses and retries are the caller's.

import { closeDescriptor, isReady } from './descriptors.ts';
import { call, check, lastErrno } from './libc.ts';
import type { SocketAddress } from './socket-address.ts';
import { encodeSocketAddress } from './socket-address.ts';
import { setSocketOption, socketOption } from './socket-options.ts';
import { errorNumber, SystemError } from './system-error.ts';

export interface TcpConnectOptions {
  /** Ours; the system's choice unless told. Its port may be 0. */
  readonly bind?: SocketAddress;
  /** SO_KEEPALIVE. */
  readonly keepAlive?: boolean;
  /** Rejects with ETIMEDOUT after so long; the system's patience (about two minutes) unless told. */
  readonly timeoutMs?: number;
  /** Rejects with ECANCELED when it aborts. */
  readonly signal?: AbortSignal;
}

const stream = 1;
const nonBlockingCloseOnExec = 0o2004000;
/** The first looks come quickly after each other, as most servers are near; then rarely. */
const shortestWaitMs = 1;
const longestWaitMs = 10;

/**
 * A connected, non-blocking socket without Nagle's delay; for openDescriptor. Rejects with the SystemError of
 * socket(2), bind(2) or connect(2).
 */
export async function connectTcp(to: SocketAddress, options: TcpConnectOptions = {}): Promise<number> {
  const address = encodeSocketAddress(to);
  const fd = check('socket', address.readUInt16LE(0), stream | nonBlockingCloseOnExec, 0);
  try {
    setSocketOption(fd, 'noDelay', 1);
    if (options.keepAlive === true) setSocketOption(fd, 'keepAlive', 1);
    if (options.bind !== undefined) {
      const own = encodeSocketAddress(options.bind);
      check('bind', fd, own, own.length);
    }
    if (call('connect', fd, address, address.length) !== 0) await finishConnecting(fd, options);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}

async function finishConnecting(fd: number, { timeoutMs, signal }: TcpConnectOptions): Promise<void> {
  const started = lastErrno();
  if (started !== errorNumber('EINPROGRESS')) throw new SystemError('connect', started);
  const begin = performance.now();
  for (let waitMs = shortestWaitMs; !isReady(fd, 'writable', 0); waitMs = Math.min(waitMs + 1, longestWaitMs)) {
    if (signal?.aborted === true) throw new SystemError('connect', errorNumber('ECANCELED'));
    const leftMs = timeoutMs === undefined ? waitMs : timeoutMs - (performance.now() - begin);
    if (leftMs <= 0) throw new SystemError('connect', errorNumber('ETIMEDOUT'));
    await new Promise((resolve) => setTimeout(resolve, Math.min(waitMs, leftMs)));
  }
  const errno = socketOption(fd, 'error');
  if (errno !== 0) throw new SystemError('connect', errno);
}

/** Marks the packets of a connection (IPQoS): a DSCP value in the upper six bits, as IP_TOS takes it. */
export function setTypeOfService(fd: number, isIpv6: boolean, value: number): void {
  setSocketOption(fd, isIpv6 ? 'trafficClassV6' : 'trafficClassV4', value);
}
