// Running one test file: a file that dies or holds no test is a failure, not a silence.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runFile } from './run-file.ts';

async function outcomes(source: string): Promise<string[]> {
  // Not in the repository, whose files another test reads.
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-run-file-'));
  const file = `${folder}/x.test.mjs`;
  writeFileSync(file, `import { describe, test } from 'node:test';\n${source}`);
  const { records } = await runFile({ runtime: 'node', file });
  rmSync(folder, { recursive: true });
  return records.map(({ name, outcome, detail }) => `${outcome} ${name} ${detail.split('\n')[0] ?? ''}`.trim());
}

test('runFile reports passed, skipped and failed tests, subtests under the name of their parent', async () => {
  const source = `test('p', () => {}); test('s', { skip: 'why' }, () => {});
    test('outer', async (t) => { await t.test('inner', () => { throw new Error('no'); }); });`;
  assert.deepEqual(await outcomes(source), ['passed p', 'skipped s why', 'failed outer > inner Error: no']);
});

test('runFile counts a file that crashes as failed', async () => {
  assert.deepEqual(await outcomes("test('p', () => {}); setImmediate(() => process.exit(3));"), [
    'failed (the whole file) the process ended with 3',
  ]);
});

test('runFile counts a suite that is skipped whole as skipped, with its reason', async () => {
  const script = "describe('s', { skip: 'no root' }, () => { test('p', () => {}); });";
  assert.deepEqual(await outcomes(script), ['skipped s no root']);
});

test('runFile counts a file without a test as failed', async () => {
  assert.deepEqual(await outcomes(''), ['failed (the whole file) it has no test']);
});
