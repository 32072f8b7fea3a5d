import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClientAlive } from './client-alive.ts';

test('ClientAlive asks a silent client and gives it up after the maximum of unanswered questions', () => {
  const done: string[] = [];
  const alive = new ClientAlive(
    { intervalMs: 1000, maximumCount: 2 },
    { ask: () => done.push('ask'), giveUp: () => done.push('give up') },
  );
  for (let i = 0; i < 4; i++) alive.tick();
  assert.deepEqual(done, ['ask', 'ask', 'give up']);
});

test('ClientAlive counts anything that comes as an answer', () => {
  const done: string[] = [];
  const alive = new ClientAlive(
    { intervalMs: 1000, maximumCount: 1 },
    { ask: () => done.push('ask'), giveUp: () => done.push('give up') },
  );
  for (let i = 0; i < 6; i++) {
    alive.tick();
    if (i % 2 === 1) alive.heard();
  }
  assert.deepEqual(done, ['ask', 'ask', 'ask']);
});
