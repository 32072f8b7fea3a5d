// What the test run prints for a person and for whoever reads its last line.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestRecord } from './results.ts';
import type { FileResult } from './run-file.ts';
import { describeFailures, describeFile, describeSkipped, describeSums } from './summary.ts';

function result(runtime: 'node' | 'bun', records: readonly TestRecord[]): FileResult {
  return { job: { runtime, file: 'a.test.js' }, records, milliseconds: 100, output: 'said\n' };
}

const passed: TestRecord = { name: 'p', outcome: 'passed', detail: '' };
const failed: TestRecord = { name: 'f', outcome: 'failed', detail: '1 !== 2' };

test('the closing line adds up every suite', () => {
  const text = describeSums([
    { title: 'one', results: [result('node', [passed, failed])] },
    { title: 'two', results: [result('bun', [passed])] },
  ]);
  assert.equal(
    text,
    'one: 1 passed, 1 failed, 0 skipped\ntwo: 1 passed, 0 failed, 0 skipped\n2 passed, 1 failed, 0 skipped\n',
  );
});

test('a failed test is shown with what it said and what its file printed', () => {
  const text = describeFile(result('node', [passed, failed]));
  assert.match(text, /^FAILED node a\.test\.js \(1 passed, 1 failed, 0 skipped, 0\.1 s\)\n {2}✗ f\n {4}1 !== 2\n/);
  assert.match(text, /it printed:\n {4}said\n$/);
  assert.doesNotMatch(describeFile(result('node', [passed])), /said/);
});

test("a skipped test under Bun takes its reason from the same test's run under Node", () => {
  const skipped: TestRecord = { name: 's', outcome: 'skipped', detail: '' };
  const text = describeSkipped([result('bun', [skipped]), result('node', [{ ...skipped, detail: 'no root' }])]);
  assert.equal(text, 'skipped (bun) a.test.js: s: no root\nskipped (node) a.test.js: s: no root\n');
});

test('a test that only Bun skips has the reason that its file has printed', () => {
  const skipped: TestRecord = { name: 's', outcome: 'skipped', detail: '' };
  const printed = { ...result('bun', [skipped]), output: 'a.test.js:\nskipped: not here\n(skip) s\n' };
  assert.equal(describeSkipped([printed]), 'skipped (bun) a.test.js: s: not here\n');
  assert.match(describeSkipped([result('bun', [skipped])]), /: no reason given\n$/);
});

test('the failed files, and no others, are told once more at the end', () => {
  const bad = result('node', [passed, failed]);
  assert.equal(describeFailures([result('node', [passed]), bad]), describeFile(bad));
  assert.equal(describeFailures([result('bun', [passed])]), '');
});
