import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programs } from './programs.ts';

test('every program of the table is a module with a main function', async () => {
  for (const [name, load] of Object.entries(programs)) {
    assert.match(name, /^[a-z][a-z0-9-]*$/);
    assert.equal(typeof (await load()).main, 'function', name);
  }
});
