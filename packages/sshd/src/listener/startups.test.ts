import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropsStartup } from './startups.ts';

const limits = { start: 10, rate: 30, full: 100 };

test('MaxStartups drops nothing below start and everything from full on', () => {
  assert.equal(dropsStartup(limits, 9, 0), false);
  assert.equal(dropsStartup(limits, 100, 99.999), true);
});

test('MaxStartups drops with the rate at start and ever more up to full', () => {
  assert.equal(dropsStartup(limits, 10, 29.9), true);
  assert.equal(dropsStartup(limits, 10, 30), false);
  assert.equal(dropsStartup(limits, 55, 64.9), true);
  assert.equal(dropsStartup(limits, 55, 65.1), false);
});

test('MaxStartups with one number is a hard limit', () => {
  const hard = { start: 2, rate: 100, full: 2 };
  assert.equal(dropsStartup(hard, 1, 0), false);
  assert.equal(dropsStartup(hard, 2, 99.999), true);
});
