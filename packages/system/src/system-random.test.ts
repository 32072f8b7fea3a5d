import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemRandom } from './system-random.ts';

test('systemRandom fills the array that it is given, of any length, and never the same twice', () => {
  const seen = new Set<string>();
  for (const length of [16, 32, 256, 257, 70_000]) {
    const bytes = new Uint8Array(length);
    assert.equal(systemRandom(bytes), bytes);
    assert.ok(new Set(bytes.subarray(-16)).size > 1, `${length}`);
    seen.add(systemRandom(new Uint8Array(16)).join());
    seen.add(bytes.subarray(0, 16).join());
  }
  assert.equal(seen.size, 10);
  assert.deepEqual(systemRandom(new Uint8Array(0)), new Uint8Array(0));
});
