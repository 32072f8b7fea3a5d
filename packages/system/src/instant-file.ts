// A regular file, or a device that answers at once such as /dev/null, as an endpoint, at the descriptor's own position,
// which is shared with whoever gave it to us. Reads and writes block, as in every program that copies files: a trip
// through the pool of node:fs costs more than the system call, and there is nothing to poll.

import { readSync, writeSync, writevSync } from 'node:fs';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';
import { closeDescriptor } from './descriptors.ts';
import type { FileOptions } from './file-endpoint.ts';
import { dropBytes } from './file-endpoint.ts';

/** Owns the descriptor. */
export function openInstantFile({ fd, ...options }: FileOptions, events: EndpointEvents): Endpoint {
  const state = { isClosed: false, isFlowing: false, isDue: false };
  // A chunk a turn of the loop, so that sockets get theirs between two.
  const readLater = (): void => {
    if (state.isDue) return;
    state.isDue = true;
    setImmediate(readOne);
  };
  const readOne = (): void => {
    state.isDue = false;
    if (!state.isFlowing || state.isClosed) return;
    const chunk = readChunk(fd, options.readChunkBytes);
    if (chunk instanceof Error) return events.error(chunk);
    if (chunk.length === 0) return events.end();
    readLater();
    events.data(chunk);
  };
  const start = (): void => {
    state.isFlowing = true;
    readLater();
  };
  return {
    ...(options.readable && { source: { start, stop: () => void (state.isFlowing = false) } }),
    ...(options.writable && {
      sink: {
        write: (batch, done) => writeAll(fd, batch, done),
        writeNow: (bytes) => writeOne(fd, bytes),
        end: () => undefined,
      },
    }),
    close: () => {
      state.isClosed = true;
      closeDescriptor(fd);
    },
  };
}

function readChunk(fd: number, bytes: number): Uint8Array | Error {
  const room = Buffer.allocUnsafeSlow(bytes);
  try {
    return room.subarray(0, readSync(fd, room));
  } catch (error) {
    return error as Error;
  }
}

function writeAll(fd: number, batch: readonly Uint8Array[], done: WriteDone): void {
  try {
    for (let rest = batch; rest.length > 0; ) rest = dropBytes(rest, writevSync(fd, rest));
  } catch (error) {
    return done(error as Error);
  }
  done();
}

function writeOne(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch {
    return 0;
  }
}
