// An auth process with its connection, as the monitor sees it: whether it was started for it or is a copy of the
// template.

import type { ByteStream } from '@sallyport/system/byte-stream';

export interface AuthWorker {
  /** 0 until it is known, which is a moment after a copy was asked for. */
  readonly pid: number;
  readonly calls: ByteStream;
  /** Ends the process unless it has ended; a number that was given to another process is never hit. */
  readonly kill: () => void;
}
