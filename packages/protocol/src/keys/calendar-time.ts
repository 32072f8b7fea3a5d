// Points in time as key files spell them: YYYYMMDD[Z] and YYYYMMDDHHMM[SS][Z], also with UTC for Z (OpenSSH's
// expiry-time and relatives). Without either a time is in the zone of the machine, which this package does not know:
// the caller brings the conversion.

export interface CalendarTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Whether the text ended with Z or UTC. */
  readonly utc: boolean;
}

/** Seconds since 1970 of a time in the machine's zone. */
export type LocalTimeConversion = (time: CalendarTime) => number;

const daysBeforeMonth = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/** undefined when the text has another form or names no day of the calendar from 1970 on. */
export function parseCalendarTime(text: string): CalendarTime | undefined {
  const match = /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2})?)?(Z|UTC)?$/i.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((digits) => Number(digits ?? 0));
  const inRange = year >= 1970 && month >= 1 && month <= 12 && hour <= 23 && minute <= 59 && second <= 59;
  if (!inRange || day < 1 || day > daysInMonth(year, month)) return undefined;
  return { year, month, day, hour, minute, second, utc: match[7] !== undefined };
}

/** Seconds since 1970. */
export function secondsOfCalendarTime(time: CalendarTime, local: LocalTimeConversion): number {
  return time.utc ? utcSeconds(time) : local(time);
}

function utcSeconds({ year, month, day, hour, minute, second }: CalendarTime): number {
  const leapDays = leapDaysBefore(year) - leapDaysBefore(1970) + (month > 2 && isLeapYear(year) ? 1 : 0);
  const days = (year - 1970) * 365 + leapDays + (daysBeforeMonth[month - 1] as number) + day - 1;
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

function daysInMonth(year: number, month: number): number {
  const common = (daysBeforeMonth[month] ?? 365) - (daysBeforeMonth[month - 1] as number);
  return month === 2 && isLeapYear(year) ? common + 1 : common;
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function leapDaysBefore(year: number): number {
  const last = year - 1;
  return Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400);
}
