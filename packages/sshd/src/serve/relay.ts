// Joins the two pipes of an inetd-like caller to one socket, so that a connection is always one descriptor that can
// be handed on. Bytes are passed, never looked at, and no faster than the other side takes them.

import type { ByteStream } from '@sallyport/system/byte-stream';
import { openDescriptor } from '@sallyport/system/descriptor-stream';

export interface RelayEnds {
  readonly inputFd: number;
  readonly outputFd: number;
  /** Our end of the socket pair; the connection is the other one. */
  readonly socketFd: number;
}

/** Resolves when everything that came out of the socket has been written, or nobody reads it any more. */
export function relay({ inputFd, outputFd, socketFd }: RelayEnds): Promise<void> {
  const input = openDescriptor(inputFd, { writable: false });
  const output = openDescriptor(outputFd, { readable: false });
  const socket = openDescriptor(socketFd);
  return new Promise((resolve) => {
    pass(input, socket);
    pass(socket, output);
    input.onClose = () => socket.end();
    socket.onClose = () => {
      input.destroy();
      output.end();
    };
    output.onClose = () => {
      socket.destroy();
      input.destroy();
      resolve();
    };
  });
}

function pass(from: ByteStream, to: ByteStream): void {
  from.onData = (chunk) => {
    if (!to.write([chunk])) from.pause();
  };
  from.onEnd = () => to.end();
  to.onDrain = () => from.resume();
  from.resume();
}
