import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BandwidthLimit } from './bandwidth-limit.ts';

/** The time it takes to move pieces of a size, when each wait is kept and the work itself takes `workMilliseconds`. */
function timeFor(limit: BandwidthLimit, pieces: readonly number[], workMilliseconds: number): number {
  let now = 1_000;
  for (const bytes of pieces) {
    now += workMilliseconds;
    now += limit.take(bytes, now);
  }
  return now - 1_000;
}

test('A limit lets exactly its rate through, whatever the size of the pieces', () => {
  for (const bytes of [100, 4096, 32_768, 1_000_000]) {
    const pieces = Array.from({ length: Math.ceil(4_000_000 / bytes) }, () => bytes);
    const expected = (pieces.length * bytes) / 1_000;
    const took = Math.floor(timeFor(new BandwidthLimit(1_000_000), pieces, 0));
    assert.ok(took <= expected && took >= expected - 10, `${bytes}: ${took} of ${expected}`);
  }
});

test('A limit does not slow down what is slower by itself', () => {
  assert.equal(timeFor(new BandwidthLimit(1_000_000), new Array<number>(50).fill(1_000), 5), 250);
});

test('Time that a silent peer let pass is not made up for by a flood', () => {
  const limit = new BandwidthLimit(1_000);
  limit.take(1, 0);
  assert.equal(limit.take(1_000, 3_600_000), 750);
});
