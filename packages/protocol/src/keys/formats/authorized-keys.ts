// One line of authorized_keys, `[options] type base64 [comment]`, and the judgement whether a key may be used from
// where and when it is used. Reading the file and judging its owner and mode are the caller's; each line stands alone,
// so that a damaged or over-long one costs only itself.

import { tryDecode } from '../../wire/decode-error.ts';
import { matchHostAndAddress } from '../../wire/patterns.ts';
import { type LocalTimeConversion, secondsOfCalendarTime } from '../calendar-time.ts';
import { defaultKeyOptions, endOfKeyOptions, type KeyOptions, parseKeyOptions } from './key-options.ts';
import { type PublicLine, parsePublicLine } from './public-line.ts';

/** OpenSSH's limit; a longer line is refused whole, never read as two. */
export const maximumAuthorizedKeysLineLength = 8192;

export type AuthorizedKeysLine =
  /** Empty or a comment. */
  | { readonly kind: 'blank' }
  | ({ readonly kind: 'entry'; readonly options: KeyOptions } & PublicLine)
  /** Not usable; the reason is for the log. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Parses one line, with or without its line end. */
export function parseAuthorizedKeysLine(line: string): AuthorizedKeysLine {
  if (line.length > maximumAuthorizedKeysLineLength) return { kind: 'refused', reason: 'line is too long' };
  if (line.includes('\0')) return { kind: 'refused', reason: 'line contains a null character' };
  const text = line.replace(/^[ \t]+/, '').replace(/[\r\n]+$/, '');
  if (text === '' || text.startsWith('#')) return { kind: 'blank' };
  const plain = tryPublicLine(text);
  if (plain !== undefined) return { kind: 'entry', options: defaultKeyOptions(), ...plain };
  const end = endOfKeyOptions(text);
  if (end < 0) return { kind: 'refused', reason: 'bad key options: unbalanced quotes' };
  const options = parseKeyOptions(text.slice(0, end));
  if ('refusal' in options) return { kind: 'refused', reason: `bad key options: ${options.refusal}` };
  const restricted = tryPublicLine(text.slice(end));
  if (restricted === undefined) return { kind: 'refused', reason: 'no key behind the options' };
  return { kind: 'entry', options, ...restricted };
}

function tryPublicLine(text: string): PublicLine | undefined {
  return tryDecode(() => parsePublicLine(text));
}

export interface KeyUse {
  /** Name of the peer, or its address where names are not looked up. */
  readonly host: string;
  readonly address: string;
  /** Seconds since 1970. */
  readonly now: number;
  readonly localTime: LocalTimeConversion;
}

/** 'source-list-invalid': the `from` list itself is wrong, which refuses everyone. */
export type KeyUseVerdict = 'allowed' | 'expired' | 'source-refused' | 'source-list-invalid';

/** Whether the options let the key be used there and then. */
export function judgeKeyUse(options: KeyOptions, use: KeyUse): KeyUseVerdict {
  const expired = options.expiryTimes.some((time) => use.now > secondsOfCalendarTime(time, use.localTime));
  if (expired) return 'expired';
  if (options.from === undefined) return 'allowed';
  const matched = matchHostAndAddress(use, options.from);
  if (matched === 'invalid') return 'source-list-invalid';
  return matched ? 'allowed' : 'source-refused';
}
