import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCalendarTime } from '@sallyport/protocol/keys/calendar-time';
import { localSeconds, localTimeText } from './local-time.ts';

test('a local time becomes seconds and the same text again', () => {
  const time = parseCalendarTime('20260203040506');
  assert.ok(time);
  assert.equal(localTimeText(BigInt(localSeconds(time))), '2026-02-03T04:05:06');
});

test('a time beyond every calendar is the last that a calendar has', () => {
  assert.match(localTimeText(2n ** 64n - 1n), /^\d+-09-1[23]T/);
});
