import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from './fields.ts';
import { callOfNumber, limitsOf } from './frame-table.ts';
import { struct } from './struct.ts';

const greeting = { hello: { number: 3, fields: struct({ name: text }), limitBytes: 40 } };
const parting = { bye: { number: 9, fields: struct({}), limitBytes: 0 } };

test('numbers of several tables have their limits, and others none', () => {
  assert.deepEqual([3, 9, 0, 4].map(limitsOf(greeting, parting)), [40, 0, -1, -1]);
  assert.deepEqual([3, 9].map(limitsOf(greeting)), [40, -1]);
});

test('a number has the name of its row', () => {
  assert.equal(callOfNumber(greeting, 3), 'hello');
  assert.equal(callOfNumber(greeting, 9), undefined);
});
