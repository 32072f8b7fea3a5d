// Connects to a socket in the file system and gives its descriptor, without node:net, whose loading costs Bun some
// milliseconds.

import { closeDescriptor } from './descriptors.ts';
import { check } from './libc.ts';
import { encodeUnixAddress, families } from './socket-address.ts';

const nonBlockingStream = 1 | 0o4000 | 0o2000000;

/** A connected, non-blocking socket; for openDescriptor. Throws SystemError; EAGAIN when too many wait already. */
export function connectLocal(path: string): number {
  const address = encodeUnixAddress(path);
  const fd = check('socket', families.unix, nonBlockingStream, 0);
  try {
    check('connect', fd, address, address.length);
    return fd;
  } catch (error) {
    closeDescriptor(fd);
    throw error;
  }
}
