// From result lines of the harness to ratios and verdicts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRows, parseResults, rowsOf } from './report.ts';
import type { Scenario } from './scenarios.ts';

const scenario: Scenario = {
  name: 'bulk',
  what: 'MB/s',
  script: 'c.py',
  compares: 'pairs',
  parameters: [],
  quickParameters: [],
  targets: [{ testCase: 'down', metric: 'mb_s', better: 'higher', must: 0.8, aim: 1.5 }],
};

const lines = [
  { case: 'down gcm', client: '/x/sallyport.json', server: 'openssh', m: { mb_s: [100, 300, 200] } },
  { case: 'down gcm', client: 'openssh', server: 'openssh', m: { mb_s: [100, 300] } },
  { case: 'down gcm', client: 'openssh', server: 'sallyport', m: { mb_s: [50] } },
  { case: 'down gcm', client: 'sallyport', server: 'sallyport', fail: 'rc 255' },
];

test('rowsOf compares medians with stock OpenSSH on both sides and judges them by the targets', () => {
  const rows = rowsOf(scenario, parseResults(lines.map((line) => JSON.stringify(line)).join('\n')));
  assert.deepEqual(
    rows.map(({ pair, value, ratio, verdict }) => [pair, value, ratio, verdict]),
    [
      ['openssh → openssh', '200', '1', 'reference'],
      ['sallyport → openssh', '200', '1.00', 'must'],
      ['openssh → sallyport', '50.0', '0.25', 'short'],
      ['sallyport → sallyport', 'rc 255', '', 'failed'],
    ],
  );
});

test('rowsOf takes a lower figure for the better one where the target says so', () => {
  const lower = {
    ...scenario,
    targets: [{ testCase: 'down', metric: 'mb_s', better: 'lower', must: 1, aim: 0.3 } as const],
  };
  const rows = rowsOf(lower, lines);
  assert.deepEqual(
    rows.map(({ verdict }) => verdict),
    ['reference', 'must', 'aim', 'failed'],
  );
});

test('rowsOf has no target for a pair that is ours on both sides', () => {
  const self = { case: 'down gcm', client: 'sallyport', server: 'sallyport', m: { mb_s: [1] } };
  const [row] = rowsOf(scenario, [...lines.slice(1, 2), self]).slice(1);
  assert.equal(row?.verdict, 'seen');
});

test('formatRows aligns the columns', () => {
  const [head = '', first = ''] = formatRows(rowsOf(scenario, lines)).split('\n');
  assert.equal(head.indexOf('client'), first.indexOf('openssh'));
});
