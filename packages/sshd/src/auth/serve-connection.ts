// Pumps one connection of the auth process over its socket, without an event loop: the process has this to do and
// nothing else. Grace time is the monitor's, which ends the process or closes the pipe to it.

import { endSending, readNow, sendNow, waitForAny } from '@sallyport/system/blocking-io';
import { SystemError } from '@sallyport/system/system-error';
import type { AuthConnection } from './auth-connection.ts';
import { MonitorGone } from './monitor-client.ts';

const chunkBytes = 16 * 1024;
/** Milliseconds that the peer has to take our last output and to close. */
const lingerMs = 2000;

/** While the peer has not taken more than this it is not listened to. */
const unsentLimitBytes = 256 * 1024;

export interface ServedDescriptors {
  readonly fd: number;
  /** Something is to be read from it, out of turn, when the monitor is gone. */
  readonly monitorFd: number;
}

/** Returns when the transport has been handed over or the connection is over. Throws MonitorGone. */
export function serveConnection(connection: AuthConnection, descriptors: ServedDescriptors): void {
  try {
    pump(connection, descriptors);
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    connection.peerHasGone();
  }
}

function pump(connection: AuthConnection, { fd, monitorFd }: ServedDescriptors): void {
  const room = new Uint8Array(chunkBytes);
  for (let unsent: readonly Uint8Array[] = []; ; ) {
    unsent = send(fd, [...unsent, ...connection.takeOutput()]);
    if (unsent.length === 0 && connection.state === 'authenticated') return connection.handOver();
    if (connection.state === 'ended') return linger(fd, unsent, room);
    const { deadline } = connection;
    const reads = connection.inputWanted && bytesOf(unsent) <= unsentLimitBytes;
    const awaited = [
      { fd, read: reads, write: unsent.length > 0 },
      { fd: monitorFd, read: true, write: false },
    ];
    const ready = waitForAny(awaited, deadline === undefined ? undefined : deadline - performance.now());
    if (!ready) connection.expire(performance.now());
    else if (ready.has(monitorFd)) throw new MonitorGone();
    if (!ready || !reads || !ready.has(fd)) continue;
    const length = readNow(fd, room);
    if (length === 0) return connection.peerHasGone();
    if (length !== undefined) connection.receive(room.subarray(0, length));
  }
}

function bytesOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

/** What the socket has not taken. */
function send(fd: number, chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  for (const [index, chunk] of chunks.entries()) {
    const sent = sendNow(fd, chunk);
    if (sent < chunk.length) return [chunk.subarray(sent), ...chunks.slice(index + 1)];
  }
  return [];
}

/** A socket that is closed with input unread takes back what was sent last, so what comes is read and forgotten. */
function linger(fd: number, chunks: readonly Uint8Array[], room: Uint8Array): void {
  const end = performance.now() + lingerMs;
  let unsent = chunks;
  if (unsent.length === 0) endSending(fd);
  for (let restMs = lingerMs; restMs > 0; restMs = end - performance.now()) {
    if (!waitForAny([{ fd, read: true, write: unsent.length > 0 }], restMs)) return;
    if (readNow(fd, room) === 0) return;
    if (unsent.length === 0) continue;
    unsent = send(fd, unsent);
    if (unsent.length === 0) endSending(fd);
  }
}
