// The machine's time zone, which the pure packages do not know: a point of the local calendar as seconds, and seconds
// as the text that OpenSSH prints.

import type { CalendarTime } from '@sallyport/protocol/keys/calendar-time';

/** The last second that a Date can name. */
const lastSecond = 8_640_000_000_000n;

/** Seconds since 1970 of a time on the local clock. */
export function localSeconds(time: CalendarTime): number {
  const { year, month, day, hour, minute, second } = time;
  return Math.floor(new Date(year, month - 1, day, hour, minute, second).getTime() / 1000);
}

/** `YYYY-MM-DDTHH:MM:SS` on the local clock, of seconds since 1970; times that no calendar reaches are its last. */
export function localTimeText(seconds: bigint): string {
  const date = new Date(Number(seconds > lastSecond ? lastSecond : seconds) * 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}T${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
