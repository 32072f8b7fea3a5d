// The argument of -V: from when until when a certificate holds. Times are relative to now, absolute, hexadecimal
// seconds, or the words for the ends of time.

import { parseTime } from '@sallyport/protocol/config/quantities';
import { parseCalendarTime, secondsOfCalendarTime } from '@sallyport/protocol/keys/calendar-time';
import { endOfTime } from '@sallyport/protocol/keys/certificate';
import { localSeconds } from '@sallyport/system/local-time';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages } from './messages.ts';

/** Seconds since 1970: valid from `after` up to, not including, `before`. */
export interface Validity {
  readonly after: bigint;
  readonly before: bigint;
}

/** `from:to`, or `+life` from a minute ago on, so that clocks may differ a little. @throws ProgramExit */
export function parseValidity(text: string, now: number): Validity {
  if (text.startsWith('+') && !text.includes(':')) {
    const life = parseTime(text.slice(1));
    if (life === undefined) throw new ProgramExit(messages.badRelativeLife(text));
    return { after: BigInt(Math.floor((now - 59) / 60) * 60), before: BigInt(now + life) };
  }
  const [, from, to] = /^([^:]+):(.+)$/.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new ProgramExit(messages.badLife(text));
  const after = from === 'always' ? 0n : parsePoint(from, now, messages.badFromTime);
  const before = to === 'forever' ? endOfTime : parsePoint(to, now, messages.badToTime);
  if (before <= after) throw new ProgramExit(messages.emptyValidity);
  return { after, before };
}

function parsePoint(text: string, now: number, sentence: (text: string) => string): bigint {
  if (/^[+-]/.test(text)) return parseRelative(text, now);
  if (text.startsWith('0x')) {
    if (!/^0x[0-9a-f]{1,16}$/i.test(text)) throw new ProgramExit(messages.badHexTime);
    return BigInt(text);
  }
  const time = parseCalendarTime(text);
  if (time === undefined) throw new ProgramExit(sentence(text));
  return BigInt(Math.max(secondsOfCalendarTime(time, localSeconds), 0));
}

function parseRelative(text: string, now: number): bigint {
  const seconds = parseTime(text.slice(1));
  if (seconds === undefined) throw new ProgramExit(messages.badRelativeTime(text));
  const point = text.startsWith('-') ? now - seconds : now + seconds;
  if (point < 0) throw new ProgramExit(messages.unrepresentableTime(text));
  return BigInt(point);
}
