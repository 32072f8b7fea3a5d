// Points in time and serial numbers as applications have them, checked and made into the 64-bit numbers of
// certificates and lists.

import { endOfTime } from '@sallyport/protocol/keys/certificate';

/** A Date, or seconds since 1970; Infinity is the end of time. */
export type PointInTime = Date | number;

/** Whole seconds since 1970. @throws RangeError for what is no time from 1970 on */
export function secondsOf(time: PointInTime): bigint {
  const seconds = typeof time === 'number' ? time : time.getTime() / 1000;
  if (seconds === Number.POSITIVE_INFINITY) return endOfTime;
  if (!(seconds >= 0 && seconds <= Number.MAX_SAFE_INTEGER)) throw new RangeError('not a time from 1970 on');
  return BigInt(Math.floor(seconds));
}

/** @throws RangeError for what does not fit into 64 bits */
export function serialOf(serial: number | bigint): bigint {
  if (typeof serial === 'number' && !Number.isSafeInteger(serial)) throw new RangeError('not a serial number');
  const value = BigInt(serial);
  if (value < 0n || value > 0xffffffffffffffffn) throw new RangeError('not a serial number');
  return value;
}
