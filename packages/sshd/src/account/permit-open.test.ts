import assert from 'node:assert/strict';
import { test } from 'node:test';
import { permitsOpen } from './permit-open.ts';

test('permitopen allows what its patterns name and nothing else', () => {
  assert.equal(permitsOpen([], 'db', 5432), false);
  assert.equal(permitsOpen(['db:5432'], 'db', 5432), true);
  assert.equal(permitsOpen(['db:5432'], 'db', 5433), false);
  assert.equal(permitsOpen(['*:80', '[::1]:*'], 'any', 80), true);
  assert.equal(permitsOpen(['*:80', '[::1]:*'], '::1', 4711), true);
  assert.equal(permitsOpen(['none'], 'none', 1), false);
  assert.equal(permitsOpen(['*:*'], 'x', 1), true);
});
