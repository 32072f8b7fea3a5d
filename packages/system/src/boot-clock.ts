// A clock that goes on while the machine sleeps (CLOCK_BOOTTIME, clock_gettime(2)) and that nobody can set: for
// promises such as the lifetime of a key. The runtimes' own monotonic clocks stand still meanwhile.

import { check } from './libc.ts';

const bootTime = 7;

/** Milliseconds since the machine was started. */
export function bootMilliseconds(): number {
  const time = Buffer.alloc(16);
  check('clock_gettime', bootTime, time);
  return Number(time.readBigInt64LE(0)) * 1000 + Number(time.readBigInt64LE(8)) / 1e6;
}
