// The process's own three descriptors as streams of a session. What they are shared with (the shell, other programs on
// the same pipe) finds them as they were.

import type { ByteStream } from '@sallyport/system/byte-stream';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { keepStandardFlags } from '@sallyport/system/descriptors';

export interface StandardStreams {
  readonly input: ByteStream;
  readonly output: ByteStream;
  readonly errorOutput: ByteStream;
}

export function openStandardStreams(): StandardStreams {
  keepStandardFlags();
  const writing = { readable: false, writable: true };
  return {
    input: openDescriptor(0, { readable: true, writable: false }),
    output: openDescriptor(1, writing),
    errorOutput: openDescriptor(2, writing),
  };
}
