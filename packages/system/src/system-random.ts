// The system's random source itself (getrandom(2)), for a process that is copied: there is no state in it that two
// copies could share. It costs a call of the system each time.

import { call, lastErrno } from './libc.ts';
import { errorNumber, SystemError } from './system-error.ts';

/** Fills the array and returns it. */
export function systemRandom(target: Uint8Array): Uint8Array {
  for (let filled = 0; filled < target.length; ) {
    const rest = target.subarray(filled);
    const length = call('getrandom', rest, rest.length, 0);
    if (length < 0 && lastErrno() !== errorNumber('EINTR')) throw new SystemError('getrandom', lastErrno());
    filled += Math.max(0, length);
  }
  return target;
}
