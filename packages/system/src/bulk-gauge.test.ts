import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BulkPhase } from './bulk-gauge.ts';
import { BulkGauge } from './bulk-gauge.ts';

const mebibyte = 1024 * 1024;

function gauge(): { readonly passed: (bytes: number, times: number) => void; readonly phases: BulkPhase[] } {
  const phases: BulkPhase[] = [];
  const under = new BulkGauge((phase) => phases.push(phase));
  return { phases, passed: (bytes, times) => Array.from({ length: times }, () => under.passed(bytes)) };
}

test('A process is warm when much passes in large pieces, and steady when more does', () => {
  const { phases, passed } = gauge();
  passed(mebibyte / 4, 3);
  assert.deepEqual(phases, []);
  passed(mebibyte / 4, 1);
  assert.deepEqual(phases, ['warm']);
  passed(mebibyte / 4, 124);
  assert.deepEqual(phases, ['warm', 'steady']);
});

test('Small pieces alone change nothing, however many there are', () => {
  const { phases, passed } = gauge();
  passed(32 * 1024, 100_000);
  assert.deepEqual(phases, []);
});

test('A process is as before when only small pieces have passed for a while', () => {
  const { phases, passed } = gauge();
  passed(mebibyte, 1000);
  passed(100, 700);
  assert.deepEqual(phases, ['warm', 'steady']);
  passed(100, 100);
  assert.deepEqual(phases, ['warm', 'steady', 'usual']);
});

test('A small answer now and then does not end the time of large pieces', () => {
  const { phases, passed } = gauge();
  for (let i = 0; i < 1000; i++) {
    passed(mebibyte / 4, 1);
    passed(36, 1);
  }
  assert.deepEqual(phases, ['warm', 'steady']);
});
