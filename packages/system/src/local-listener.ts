// A listening socket in the file system, for nobody but its owner, whose connections are given away as bare descriptors
// together with who is at the other end (unix(7), SO_PEERCRED). Nothing of them is read here.

import { call } from './libc.ts';
import { openListening } from './listening-socket.ts';
import { encodeUnixAddress, families } from './socket-address.ts';

const socketLevel = 1;
const peerCredentials = 17;
const credentialsBytes = 12;
const ownerOnly = 0o177;

/**
 * Makes the socket; its file is readable and writable for its owner only. Throws SystemError; a file in its place too.
 */
export function bindLocal(path: string): number {
  const mask = process.umask(ownerOnly);
  try {
    return openListening({ family: families.unix, address: encodeUnixAddress(path) });
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
