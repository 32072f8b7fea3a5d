// The two descriptors of a program that answers what it reads and does nothing else: reads and writes block, also on
// descriptors that somebody left non-blocking.

import { readSync, writevSync } from 'node:fs';
import { bulkGauge } from '@sallyport/system/bulk-gauge';
import { isReady } from '@sallyport/system/descriptors';
import { dropBytes } from '@sallyport/system/file-endpoint';
import { isNonBlockingError } from '../shared/waiting.ts';

/** What came, as a part of the room; empty at the end. Throws what reading fails with. */
export function readChunk(fd: number, room: Uint8Array): Uint8Array {
  for (;;) {
    try {
      const length = readSync(fd, room, 0, room.length, null);
      bulkGauge().passed(length);
      return room.subarray(0, length);
    } catch (error) {
      if (!isNonBlockingError(error)) throw error;
      isReady(fd, 'readable', -1);
    }
  }
}

/** Throws what writing fails with. */
export function writeChunks(fd: number, chunks: readonly Uint8Array[]): void {
  for (let rest = chunks; rest.length > 0; ) {
    try {
      const length = writevSync(fd, rest);
      bulkGauge().passed(length);
      rest = dropBytes(rest, length);
    } catch (error) {
      if (!isNonBlockingError(error)) throw error;
      isReady(fd, 'writable', -1);
    }
  }
}
