// How libfido2 gets to software authenticators: by functions of the C library, with the descriptor of a connected
// socket as the path and as the handle. `atol` turns the path into the handle, `read` and `write` move reports. No code
// of ours is called from C, so no thread and no runtime has to be ready for it.

import { setNonBlocking } from '@sallyport/system/descriptors';
import { DynamicLibrary } from '@sallyport/system/dynamic-library';
import { check } from '@sallyport/system/libc';
import type { FidoTransport } from '@sallyport/system/libfido2-devices';
import { connectLocal } from '@sallyport/system/local-connect';
import { putPointer } from '@sallyport/system/memory';

const socketLevel = 1;
const receiveLowMark = 18;
const receiveTimeout = 20;
const reportBytes = 64;
const wordBytes = 8;
/** open, close, read and write. */
const functionNames = ['atol', 'close', 'read', 'write'] as const;

/** Of the authenticators behind these sockets, for as long as one call of a provider takes. */
export function socketTransport(socketPaths: readonly string[], silenceMs: number): FidoTransport {
  const library = new DynamicLibrary('libc.so.6');
  const functions = Buffer.alloc(functionNames.length * wordBytes);
  for (const [index, name] of functionNames.entries()) putPointer(functions, index * wordBytes, library.address(name));
  return { functions, paths: () => socketPaths.map((path) => String(connectedTo(path, silenceMs))) };
}

/** A socket that reads whole reports, and gives up when none comes. */
function connectedTo(path: string, silenceMs: number): number {
  const fd = connectLocal(path);
  setNonBlocking(fd, false);
  const lowMark = Buffer.alloc(4);
  lowMark.writeUInt32LE(reportBytes);
  check('setsockopt', fd, socketLevel, receiveLowMark, lowMark, lowMark.length);
  const timeout = Buffer.alloc(2 * wordBytes);
  timeout.writeUInt32LE(Math.trunc(silenceMs / 1000));
  timeout.writeUInt32LE((silenceMs % 1000) * 1000, wordBytes);
  check('setsockopt', fd, socketLevel, receiveTimeout, timeout, timeout.length);
  return fd;
}
