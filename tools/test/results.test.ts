// The two readers of test reports, against reports as the runtimes write them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBunRecords, readNodeRecords } from './results.ts';

test('readBunRecords tells passed, failed and skipped tests apart and joins the suite to the name', () => {
  const report = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" failures="1" skipped="1">
  <testsuite name="a.test.js">
    <testcase name="a &lt; b" classname="" time="0.1" assertions="0" />
    <testcase name="absent" classname="" time="0">
      <skipped />
    </testcase>
    <testsuite name="suite">
      <testcase name="inner" classname="suite" time="0.1">
        <failure type="Error" message="x">Error: x&quot;y&#10;at z</failure>
      </testcase>
      <testcase name="last" classname="suite" time="0.1" assertions="0" />
    </testsuite>
  </testsuite>
</testsuites>`;
  assert.deepEqual(readBunRecords(report), [
    { name: 'a < b', outcome: 'passed', detail: '' },
    { name: 'absent', outcome: 'skipped', detail: '' },
    { name: 'suite > inner', outcome: 'failed', detail: 'Error: x"y\nat z' },
    { name: 'suite > last', outcome: 'passed', detail: '' },
  ]);
});

test('readNodeRecords reads one record per line', () => {
  const record = { name: 'n', outcome: 'skipped', detail: 'no dropbear' } as const;
  assert.deepEqual(readNodeRecords(`${JSON.stringify(record)}\n`), [record]);
});
