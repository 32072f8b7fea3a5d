// What a server of files needs to know of its own process: where it is, and how many files it may have open. Nothing
// here loads what calls the C library.

import { readlinkSync } from 'node:fs';
import { openFileLimits } from '@sallyport/system/open-file-limit';

/** Descriptors for everything but handles, as OpenSSH counts. */
const otherDescriptors = 5;
const fewestDescriptors = 256;

/** The folder of this process, whose name need not be text. */
export function ownFolder(): Uint8Array {
  try {
    return readlinkSync('/proc/self/cwd', { encoding: 'buffer' });
  } catch {
    return Buffer.from(process.cwd());
  }
}

/** As many files as this process may open. */
export function maximumHandles(): number {
  const { soft } = openFileLimits('self') ?? { soft: fewestDescriptors };
  return Math.max(1, soft - otherDescriptors);
}
