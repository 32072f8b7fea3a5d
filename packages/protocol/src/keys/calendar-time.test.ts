import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCalendarTime, secondsOfCalendarTime } from './calendar-time.ts';

const noLocalTime = (): number => assert.fail('the time is in UTC');

function utcSeconds(text: string): number | undefined {
  const time = parseCalendarTime(text);
  return time === undefined ? undefined : secondsOfCalendarTime(time, noLocalTime);
}

test('calendar times are dates with or without a time of day', () => {
  assert.equal(utcSeconds('20000229Z'), Date.UTC(2000, 1, 29) / 1000);
  assert.equal(utcSeconds('202511211207Z'), Date.UTC(2025, 10, 21, 12, 7) / 1000);
  assert.equal(utcSeconds('20251121120759z'), Date.UTC(2025, 10, 21, 12, 7, 59) / 1000);
  assert.equal(utcSeconds('20251121utc'), Date.UTC(2025, 10, 21) / 1000);
  assert.equal(utcSeconds('21000301Z'), Date.UTC(2100, 2, 1) / 1000);
});

test('a time without Z is converted by the caller, who knows the zone', () => {
  const time = parseCalendarTime('202511211207');
  assert.ok(time);
  assert.equal(
    secondsOfCalendarTime(time, ({ hour, minute }) => hour * 100 + minute),
    1207,
  );
});

test('days that no calendar has and other forms are refused', () => {
  const bad = ['', '2025', '202511', '2025112', '20250229', '21000229', '20251301', '20250001', '20250100', '20250132'];
  bad.push('20250431', '2025112124', '202511212400', '202511211260', '20251121120760', '2025112112075', '19691231');
  bad.push('20251121 ', ' 20251121', '20251121ZZ', '+1w', '0x10', 'forever');
  for (const text of bad) assert.equal(parseCalendarTime(text), undefined, text);
});

test('seconds of any day agree with the platform', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) / 1000 }), (seconds) => {
      const digits = new Date(seconds * 1000).toISOString().slice(0, 19).replaceAll(/\D/g, '');
      assert.equal(utcSeconds(`${digits}Z`), seconds);
    }),
  );
});
