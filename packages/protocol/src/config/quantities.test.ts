import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProblem } from './config-error.ts';
import { parseInteger, parseMask, parsePort, parseSize, parseTime } from './quantities.ts';

test('times are sums of numbers with units', () => {
  assert.equal(parseTime('90'), 90);
  assert.equal(parseTime('1h30m'), 5400);
  assert.equal(parseTime('1w2D3H4m5'), 604_800 + 172_800 + 10_800 + 240 + 5);
  for (const bad of ['', '-1', '1y', 'h', '1 h', '2147483648', '99999999w'])
    assert.equal(parseTime(bad), undefined, bad);
});

test('a time of many digits is refused in linear time', () => {
  assert.equal(parseTime(`${'1'.repeat(100_000)}x`), undefined);
});

test('sizes have one unit and stay below 2^63', () => {
  assert.equal(parseSize('64K'), 65_536n);
  assert.equal(parseSize('1g'), 1n << 30n);
  assert.deepEqual(parseSize('1X'), { problem: 'Invalid argument' });
  assert.deepEqual(parseSize('8E'), { problem: 'Numerical result out of range' });
  assert.deepEqual(parseSize('9'.repeat(40)), { problem: 'Numerical result out of range' });
});

test('integers, ports and masks keep their bounds', () => {
  assert.equal(parseInteger('2147483647'), 2_147_483_647);
  for (const [text, word] of [
    ['2147483648', 'too large'],
    ['-1', 'too small'],
    ['', 'missing'],
    ['1a', 'invalid'],
  ] as const) {
    const value = parseInteger(text);
    assert.ok(isProblem(value) && value.problem === word, text);
  }
  assert.equal(parsePort('65535'), 65_535);
  for (const bad of ['65536', '-1', '22a', 'ssh', '']) assert.equal(parsePort(bad), undefined);
  assert.equal(parseMask('0177'), 0o177);
  assert.equal(parseMask('7777'), undefined);
  assert.equal(parseMask('8'), undefined);
});
