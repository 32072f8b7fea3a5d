import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PayloadQueue } from './payload-queue.ts';
import { Queue } from './queue.ts';

test('a queue gives back what was put in, in order, while both go on', () => {
  const queue = new Queue<number>();
  let put = 0;
  let taken = 0;
  for (let round = 0; round < 300; round++) {
    for (let i = 0; i < round % 7; i++) queue.push(put++);
    for (let i = 0; i < round % 5; i++) {
      const first = queue.first();
      const item = queue.shift();
      assert.equal(first, item);
      if (item !== undefined) assert.equal(item, taken++);
    }
    assert.equal(queue.length, put - taken);
    if (queue.length > 1) assert.equal(queue.at(1), taken + 1);
  }
  queue.clear();
  assert.equal(queue.length, 0);
  assert.equal(queue.shift(), undefined);
});

test('payloads are taken up to about a limit, and the rest stays pending', () => {
  const queue = new PayloadQueue();
  for (const length of [10, 20, 30]) queue.push(new Uint8Array(length));
  assert.deepEqual(
    queue.take(11).map(({ length }) => length),
    [10, 20],
  );
  assert.equal(queue.pendingBytes, 30);
  assert.deepEqual(queue.take(0), []);
  assert.equal(queue.take().length, 1);
  assert.equal(queue.pendingBytes, 0);
});
