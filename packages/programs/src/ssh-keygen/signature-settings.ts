// What -O means beside -Y: the hash over the message, the time at which a signature should have been valid, and
// whether to print the key.

import { parseCalendarTime, secondsOfCalendarTime } from '@sallyport/protocol/keys/calendar-time';
import { localSeconds } from '@sallyport/system/local-time';
import { messages } from './messages.ts';

export interface SignatureSettings {
  /** As it was given; undefined when it was not. */
  readonly hash: string | undefined;
  /** Seconds since 1970; now unless told. */
  readonly time: number;
  readonly printsKey: boolean;
}

/** The settings, or the sentence for one that is not understood. */
export function signatureSettings(words: readonly string[]): SignatureSettings | string {
  let hash: string | undefined;
  let time = Math.floor(Date.now() / 1000);
  let printsKey = false;
  for (const word of words) {
    const [, name = '', value] = /^([^=]*=?)(.*)$/s.exec(word) ?? [];
    if (name.toLowerCase() === 'hashalg=') hash = value;
    else if (name.toLowerCase() === 'verify-time=') {
      const given = parseCalendarTime(value ?? '');
      if (given === undefined) return messages.badVerifyTime;
      time = secondsOfCalendarTime(given, localSeconds);
    } else if (word.toLowerCase() === 'print-pubkey') printsKey = true;
    else return messages.badSetting(word);
  }
  return { hash, time, printsKey };
}
