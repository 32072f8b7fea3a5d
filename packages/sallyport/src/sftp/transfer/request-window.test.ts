import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestWindow } from './request-window.ts';

const mebibyte = 1024 * 1024;
const requestBytes = 255 * 1024;

/** A line with a round trip and a rate, used by a window for so many milliseconds; the window's limit in the end. */
function useLine(line: { readonly roundTripMs: number; readonly bytesPerMs: number }, forMs: number): RequestWindow {
  let now = 0;
  const window = new RequestWindow(() => now);
  const underWay: { readonly at: number; readonly share: NonNullable<ReturnType<RequestWindow['take']>> }[] = [];
  let freeAt = 0;
  for (; now < forMs; now++) {
    while ((underWay[0]?.at ?? Number.POSITIVE_INFINITY) <= now) {
      const { share } = underWay.shift() as (typeof underWay)[number];
      window.answered(share);
      window.release(share);
    }
    for (let share = window.take(requestBytes); share !== undefined; share = window.take(requestBytes)) {
      freeAt = Math.max(freeAt, now) + requestBytes / line.bytesPerMs;
      underWay.push({ at: freeAt + line.roundTripMs, share });
    }
  }
  return window;
}

test('the window grows with what the line holds, and no further than its bound', () => {
  assert.equal(useLine({ roundTripMs: 1, bytesPerMs: 100_000 }, 500).limitBytes, mebibyte);
  // 50 ms and 60 MB/s: 3 MB are under way.
  const long = useLine({ roundTripMs: 50, bytesPerMs: 60_000 }, 3000).limitBytes;
  assert.ok(long > 5_500_000 && long < 8 * mebibyte, String(long));
  assert.equal(useLine({ roundTripMs: 200, bytesPerMs: 100_000 }, 3000).limitBytes, 8 * mebibyte);
});

test('on a slow line the window shrinks, so that little waits in it', () => {
  assert.equal(useLine({ roundTripMs: 20, bytesPerMs: 1000 }, 8000).limitBytes, mebibyte);
});

test('requests wait when the window is full, in their order, and an empty window takes any', () => {
  const window = new RequestWindow(() => 0, 100);
  const large = window.take(1000);
  assert.ok(large);
  assert.equal(window.take(1), undefined);
  const woken: number[] = [];
  window.whenRoom(() => woken.push(1));
  window.whenRoom(() => woken.push(2));
  window.release(large);
  assert.deepEqual(woken, [1, 2]);
  assert.ok(window.take(60));
  assert.ok(window.take(40));
  assert.equal(window.heldBytes, 100);
  assert.equal(window.take(1), undefined);
});

test('a paused window takes nothing until its time is over', async () => {
  const window = new RequestWindow(() => performance.now());
  const began = performance.now();
  window.pause(5);
  window.pause(40);
  window.pause(10);
  assert.equal(window.take(1), undefined);
  await new Promise<void>((resolve) => window.whenRoom(resolve));
  assert.ok(performance.now() - began >= 39);
  assert.ok(window.take(1));
});
