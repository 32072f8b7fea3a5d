import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownAlgorithms, queryNames } from './own-algorithms.ts';

test('every default of both roles is a known name', () => {
  for (const role of ['client', 'server'] as const) {
    for (const { known, defaults } of Object.values(ownAlgorithms(role))) {
      assert.ok(defaults.length > 0 && defaults.every((name) => known.includes(name)));
    }
  }
});

test('queries answer by name and by keyword, in any case', () => {
  assert.deepEqual(queryNames('Ciphers'), queryNames('cipher'));
  assert.deepEqual(queryNames('HostKeyAlgorithms'), queryNames('key-sig'));
  assert.ok(queryNames('cipher-auth')?.every((name) => /gcm|poly1305/.test(name)));
  assert.ok(queryNames('help')?.includes('kex'));
  assert.equal(queryNames('nonsense'), undefined);
});
