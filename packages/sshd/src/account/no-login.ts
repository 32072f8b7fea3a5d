// The file that keeps everybody but root out (nologin(5)): its text goes to the client, and nothing is run. That it is
// there is what counts, not that it can be read.

import * as fs from 'node:fs';

export const noLoginFile = '/etc/nologin';
/** The exit status of a session that was not let in. */
export const noLoginStatus = 254;

const maximumBytes = 64 * 1024;

/** What is to be told; undefined when the account may go on. */
export function noLoginText(uid: number, file: string = noLoginFile): Uint8Array | undefined {
  if (uid === 0 || !fs.existsSync(file)) return undefined;
  try {
    const descriptor = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
    try {
      const text = new Uint8Array(maximumBytes);
      return text.subarray(0, fs.readSync(descriptor, text));
    } finally {
      fs.closeSync(descriptor);
    }
  } catch {
    // It is there and cannot be read: it counts nevertheless.
    return new Uint8Array(0);
  }
}
