// A device that is neither a terminal nor known to answer at once, as an endpoint: the pool of node:fs at the
// descriptor's own position, which is shared with whoever gave it to us.

import { read, writev } from 'node:fs';
import type { Endpoint, EndpointEvents, WriteDone } from './byte-stream.ts';
import { closeDescriptor } from './descriptors.ts';

export interface FileOptions {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
  readonly readChunkBytes: number;
}

/** Owns the descriptor, which is closed when no call is under way any more. */
export function openFile(options: FileOptions, events: EndpointEvents): Endpoint {
  const state = { calls: 0, isClosed: false, isFlowing: false, isReading: false };
  const settle = (): void => {
    state.calls--;
    if (state.isClosed && state.calls === 0) closeDescriptor(options.fd);
  };
  const readOn = (): void => {
    if (!state.isFlowing || state.isReading || state.isClosed) return;
    state.isReading = true;
    state.calls++;
    const room = Buffer.allocUnsafeSlow(options.readChunkBytes);
    read(options.fd, room, 0, room.length, null, (error, length) => {
      state.isReading = false;
      settle();
      if (error !== null) events.error(error);
      else if (length === 0) events.end();
      else events.data(room.subarray(0, length));
      if (error === null && length > 0) readOn();
    });
  };
  const write = (batch: readonly Uint8Array[], done: WriteDone): void => {
    state.calls++;
    writev(options.fd, batch, (error, length) => {
      settle();
      if (error !== null) done(error);
      else {
        const rest = dropBytes(batch, length);
        if (rest.length === 0) done();
        else write(rest, done);
      }
    });
  };
  const start = (): void => {
    state.isFlowing = true;
    readOn();
  };
  return {
    ...(options.readable && { source: { start, stop: () => void (state.isFlowing = false) } }),
    ...(options.writable && { sink: { write, end: () => undefined } }),
    close: () => {
      state.isClosed = true;
      if (state.calls === 0) closeDescriptor(options.fd);
    },
  };
}

/** What remains of chunks after their first bytes. */
export function dropBytes(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let toDrop = bytes;
  const rest: Uint8Array[] = [];
  for (const chunk of chunks) {
    if (toDrop < chunk.length) rest.push(toDrop === 0 ? chunk : chunk.subarray(toDrop));
    toDrop = Math.max(0, toDrop - chunk.length);
  }
  return rest;
}
