import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { generateWasm } from './wasm.ts';

const root = fileURLToPath(new URL(import.meta.url.includes('/dist/') ? '../../../' : '../../', import.meta.url));

test('Every committed WebAssembly module is what its source compiles to (else npm run fix)', async () => {
  const files = await generateWasm(root);
  assert.notEqual(files.length, 0);
  for (const { path, text } of files) assert.equal(readFileSync(join(root, path), 'utf8') === text, true, path);
});
