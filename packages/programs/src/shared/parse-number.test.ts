import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNumber } from './parse-number.ts';

test('parseNumber gives a number within its bounds or the word of strtonum(3)', () => {
  assert.equal(parseNumber('24', 1, 100), 24);
  assert.equal(parseNumber('+1', 1, 100), 1);
  assert.equal(parseNumber(' 100', 1, 100), 100);
  assert.equal(parseNumber('0', 1, 100), 'too small');
  assert.equal(parseNumber('-5', 1, 100), 'too small');
  assert.equal(parseNumber('101', 1, 100), 'too large');
  assert.equal(parseNumber('9'.repeat(400), 1, 100), 'too large');
  for (const text of ['', 'x', '1x', '0x10', '1.5', '1e3', '1 '])
    assert.equal(parseNumber(text, 1, 100), 'invalid', text);
});
