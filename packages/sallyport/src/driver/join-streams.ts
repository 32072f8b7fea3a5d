// Joins two ByteStreams, each the way on of the other, with back-pressure and half-close in both directions: what a
// forwarded connection is.

import type { ByteStream } from './byte-stream.ts';

/** Takes over both streams. Resolves, never rejects, when both are closed. */
export function joinStreams(left: ByteStream, right: ByteStream): Promise<void> {
  return Promise.all([carry(left, right), carry(right, left)]).then(() => undefined);
}

function carry(from: ByteStream, to: ByteStream): Promise<void> {
  return new Promise((resolve) => {
    from.onData = (chunk) => {
      if (!to.write([chunk])) from.pause();
    };
    from.onEnd = () => to.end();
    // What is full is `from`, and what fills it is what comes from `to`.
    from.onDrain = () => to.resume();
    from.onClose = (error) => {
      if (error === undefined) to.end();
      else to.destroy();
      resolve();
    };
    from.resume();
  });
}
