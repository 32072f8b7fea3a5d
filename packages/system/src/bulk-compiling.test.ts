import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BulkGauge, compilerThresholds } from './bulk-compiling.ts';

const mebibyte = 1024 * 1024;
const { usual, soon, never } = compilerThresholds;

function gauge(): { readonly passed: (bytes: number, times: number) => void; readonly factors: number[] } {
  const factors: number[] = [];
  const under = new BulkGauge((factor) => factors.push(factor));
  return { factors, passed: (bytes, times) => Array.from({ length: times }, () => under.passed(bytes)) };
}

test('Compilers are eager when much passes in large pieces, and stop when more does', () => {
  const { factors, passed } = gauge();
  passed(mebibyte / 4, 3);
  assert.deepEqual(factors, []);
  passed(mebibyte / 4, 1);
  assert.deepEqual(factors, [soon]);
  passed(mebibyte / 4, 124);
  assert.deepEqual(factors, [soon, never]);
});

test('Small pieces alone change nothing for the compilers, however many there are', () => {
  const { factors, passed } = gauge();
  passed(32 * 1024, 100_000);
  assert.deepEqual(factors, []);
});

test('Compilers are as before when only small pieces have passed for a while', () => {
  const { factors, passed } = gauge();
  passed(mebibyte, 1000);
  passed(100, 700);
  assert.deepEqual(factors, [soon, never]);
  passed(100, 100);
  assert.deepEqual(factors, [soon, never, usual]);
});

test('A small answer now and then does not end the time of large pieces', () => {
  const { factors, passed } = gauge();
  for (let i = 0; i < 1000; i++) {
    passed(mebibyte / 4, 1);
    passed(36, 1);
  }
  assert.deepEqual(factors, [soon, never]);
});
