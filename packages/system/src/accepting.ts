// A listening TCP socket whose connections are given away as bare descriptors: nothing of them is read here. And the
// two ends of a connection, from a descriptor (getpeername(2), getsockname(2)).

import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { duplicate, setCloseOnExec } from './descriptors.ts';
import { call } from './libc.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface AcceptedDescriptor {
  /** The receiver's, to close. */
  readonly fd: number;
  readonly peer: Endpoint;
  readonly local: Endpoint;
}

export interface Listener extends Endpoint {
  close(): void;
}

const backlog = 128;
const addressRoomBytes = 128;
const families = { inet: 2, inet6: 10 } as const;

interface WithHandle {
  readonly _handle?: { readonly fd?: number };
}

/** Listens; rejects with the error of bind(2) or listen(2). */
export function listenForDescriptors(
  where: Endpoint,
  onAccepted: (accepted: AcceptedDescriptor) => void,
): Promise<Listener> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const accepted = takeDescriptor(socket);
    if (accepted !== undefined) onAccepted(accepted);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const ipv6Only = where.address.includes(':');
    server.listen({ host: where.address, port: where.port, backlog, ipv6Only }, () => {
      server.off('error', reject);
      server.on('error', () => undefined);
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : where.port;
      resolve({ address: where.address, port, close: () => server.close() });
    });
  });
}

/** A copy of the socket's descriptor; the runtime's own socket object is done with. */
function takeDescriptor(socket: Socket): AcceptedDescriptor | undefined {
  socket.on('error', () => undefined);
  const fd = (socket as unknown as WithHandle)._handle?.fd;
  const own = fd === undefined || fd < 0 ? undefined : duplicate(fd);
  socket.destroy();
  if (own === undefined) return undefined;
  setCloseOnExec(own, true);
  const ends = endsOf(own);
  if (ends === undefined) return undefined;
  return { fd: own, ...ends };
}

/** Both ends of a connected TCP socket; undefined for anything else. */
export function endsOf(fd: number): { readonly peer: Endpoint; readonly local: Endpoint } | undefined {
  const peer = endpoint('getpeername', fd);
  const local = endpoint('getsockname', fd);
  return peer === undefined || local === undefined ? undefined : { peer, local };
}

function endpoint(name: 'getpeername' | 'getsockname', fd: number): Endpoint | undefined {
  const room = Buffer.alloc(addressRoomBytes);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(room.length);
  if (call(name, fd, room, length) !== 0) return undefined;
  const family = room.readUInt16LE(0);
  const port = room.readUInt16BE(2);
  if (family === families.inet) return { address: room.subarray(4, 8).join('.'), port };
  return family === families.inet6 ? { address: ipv6Text(room.subarray(8, 24)), port } : undefined;
}

/** RFC 5952, and IPv4-mapped addresses as IPv4, which is how sshd names its peers. */
function ipv6Text(bytes: Buffer): string {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff;
  if (mapped) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
  const runs = [...groups.matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map((match) => match[0]);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return groups;
  const at = groups.indexOf(longest);
  const head = groups.slice(0, at);
  const tail = groups.slice(at + longest.length).replace(/^:/, '');
  return `${head}::${tail}`;
}
