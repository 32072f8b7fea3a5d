import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Admission } from './admission.ts';

const limits = { runningPerUser: 2, running: 3, waitingPerUser: 3, waiting: 5 };

/** Everything that may be answered now, in order. */
function start(admission: Admission<string>): string[] {
  const started: string[] = [];
  for (let next = admission.next(); next !== undefined; next = admission.next()) started.push(next.client);
  return started;
}

function filled(clients: readonly (readonly [number, string])[]): Admission<string> {
  const admission = new Admission<string>(limits);
  for (const [uid, client] of clients) assert.equal(admission.add(uid, client), 'taken', client);
  return admission;
}

describe('Admission', () => {
  test('answers a few requests of a user at a time, the others when those have ended, in order', () => {
    const admission = filled([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ]);
    assert.deepEqual(start(admission), ['a', 'b']);
    assert.deepEqual(start(admission), []);
    admission.ended(1);
    assert.deepEqual(start(admission), ['c']);
  });

  test('a user with many requests does not keep another from being answered', () => {
    const admission = filled([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
      [2, 'x'],
    ]);
    assert.deepEqual(start(admission), ['a', 'x', 'b']);
  });

  test('users take turns when places become free', () => {
    const admission = filled([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
      [2, 'x'],
      [2, 'y'],
    ]);
    assert.deepEqual(start(admission), ['a', 'x', 'b']);
    admission.ended(1);
    assert.deepEqual(start(admission), ['y']);
    admission.ended(1);
    assert.deepEqual(start(admission), ['c']);
  });

  test('turns away who has too many requests waiting, and says once that it is news', () => {
    const admission = filled([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
    ]);
    assert.equal(admission.add(1, 'd'), 'turned-away');
    assert.equal(admission.add(1, 'e'), 'turned-away-again');
    assert.equal(admission.add(2, 'x'), 'taken');
    start(admission);
    assert.equal(admission.add(1, 'f'), 'taken');
  });

  test('turns everybody away when too many wait altogether', () => {
    const admission = filled([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
      [2, 'x'],
      [2, 'y'],
    ]);
    assert.equal(admission.add(3, 'k'), 'turned-away');
    start(admission);
    assert.equal(admission.add(3, 'l'), 'taken');
  });

  test('forgets a user whose last request has ended', () => {
    const admission = filled([[1, 'a']]);
    start(admission);
    admission.ended(1);
    assert.throws(() => admission.ended(1), /no request of uid 1/);
  });

  test('gives back those who wait, once', () => {
    const admission = filled([
      [1, 'a'],
      [1, 'b'],
      [1, 'c'],
      [2, 'x'],
    ]);
    start(admission);
    assert.deepEqual(admission.drain(), ['c']);
    assert.deepEqual(admission.drain(), []);
  });
});
