import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkRepository } from './repository.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('the repository keeps its own rules', () => {
  const findings = checkRepository(root).map(({ path, line, rule, message }) => `${path}:${line} ${rule} ${message}`);
  assert.deepEqual(findings, []);
});
