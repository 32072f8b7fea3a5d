// The digest of a message, which is a file or stdin, read in pieces: what is signed may be of any size, and none of it
// is kept.

import { readSync } from 'node:fs';
import type { CryptoProvider, DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { isNonBlockingError, pauseMilliseconds } from '../shared/waiting.ts';

const chunkBytes = 256 * 1024;

/** The digest of all that the descriptor gives. Throws the error of node:fs. */
export function hashInput(crypto: CryptoProvider, digest: DigestName, fd: number): Uint8Array {
  const hasher = crypto.hasher(digest);
  const chunk = Buffer.alloc(chunkBytes);
  for (let count = readChunk(fd, chunk); count > 0; count = readChunk(fd, chunk)) {
    hasher.update(chunk.subarray(0, count));
  }
  return hasher.digest();
}

function readChunk(fd: number, chunk: Uint8Array): number {
  for (;;) {
    try {
      return readSync(fd, chunk);
    } catch (error) {
      if (!isNonBlockingError(error)) throw error;
      pauseMilliseconds(10);
    }
  }
}
