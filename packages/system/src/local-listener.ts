// A listening socket in the file system, for nobody but its owner, whose connections are given away as bare descriptors
// together with who is at the other end (unix(7), SO_PEERCRED). Nothing of them is read here.

import { createServer } from 'node:net';
import { takeDescriptor } from './accepted-descriptor.ts';
import { closeDescriptor } from './descriptors.ts';
import { call, check } from './libc.ts';
import { encodeUnixAddress, families } from './socket-address.ts';

const stream = 1 | 0o2000000;
const backlog = 128;
const socketLevel = 1;
const peerCredentials = 17;
const credentialsBytes = 12;
const ownerOnly = 0o177;

/**
 * Makes the socket; its file is readable and writable for its owner only. Throws SystemError; a file in its place too.
 */
export function bindLocal(path: string): number {
  const address = encodeUnixAddress(path);
  const fd = check('socket', families.unix, stream, 0);
  const mask = process.umask(ownerOnly);
  try {
    check('bind', fd, address, address.length);
    check('listen', fd, backlog);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  } finally {
    process.umask(mask);
  }
}

/** The user at the other end of a local connection, as it was when that end connected; undefined for other sockets. */
export function peerUser(fd: number): number | undefined {
  const credentials = Buffer.alloc(credentialsBytes);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(credentialsBytes);
  if (call('getsockopt', fd, socketLevel, peerCredentials, credentials, length) !== 0) return undefined;
  const uid = credentials.readUInt32LE(4);
  return uid === 0xffffffff ? undefined : uid;
}

/** Takes connections on a listening socket, which it owns from here on. The receiver closes what it is given. */
export async function acceptLocal(fd: number, onAccepted: (fd: number) => void): Promise<{ close(): void }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
    const accepted = takeDescriptor(socket);
    if (accepted !== undefined) onAccepted(accepted);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ fd }, resolve);
  });
  server.on('error', () => undefined);
  return { close: () => void server.close() };
}
