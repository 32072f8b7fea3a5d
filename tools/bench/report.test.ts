// From result lines of the harness to ratios and verdicts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRows, joinRounds, parseResults, rowsOf } from './report.ts';
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
      ['sallyport → openssh', '200', '1.00 (0.50–1.50)', 'must'],
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

test('rowsOf compares scp with scp, tells the spread, and judges our two programs with each other where it is to', () => {
  const both = {
    ...scenario,
    targets: [{ testCase: 'down', metric: 'mb_s', better: 'higher', must: 1, aim: 2, judged: ['both'] } as const],
  };
  const copies = [
    { case: 'down', client: 'openssh', server: 'openssh', m: { mb_s: [10] } },
    { case: 'down', client: 'openssh-scp', server: 'openssh', m: { mb_s: [100] } },
    { case: 'down', client: 'sallyport-scp', server: 'openssh', m: { mb_s: [1] } },
    { case: 'down', client: 'sallyport-scp', server: 'sallyport', m: { mb_s: [250, 150, 210] } },
  ];
  assert.deepEqual(
    rowsOf(both, copies).map(({ pair, ratio, verdict }) => [pair, ratio, verdict]),
    [
      ['openssh → openssh', '1', 'reference'],
      ['openssh-scp → openssh', '1', 'reference'],
      ['sallyport-scp → openssh', '0.01', 'seen'],
      ['sallyport-scp → sallyport', '2.10 (1.50–2.50)', 'aim'],
    ],
  );
});

test('rowsOf judges the figure itself where the target is absolute', () => {
  const memory = {
    ...scenario,
    targets: [
      { testCase: 'memory', metric: 'mb', better: 'lower', must: 150, aim: 100, absolute: true, judged: ['both'] },
    ] as const,
  };
  const [row] = rowsOf(memory, [{ case: 'memory get', client: 'sallyport', server: 'sallyport', m: { mb: 120 } }]);
  assert.deepEqual([row?.testCase, row?.value, row?.verdict], ['memory get mb', '120', 'must']);
});

test('formatRows aligns the columns', () => {
  const [head = '', first = ''] = formatRows(rowsOf(scenario, lines)).split('\n');
  assert.equal(head.indexOf('client'), first.indexOf('openssh'));
});

test('joinRounds puts the samples of each pair together, and lets no failure disappear', () => {
  const line = { case: 'down', client: 'openssh', server: 'openssh' };
  const other = { ...line, server: 'sallyport' };
  const joined = joinRounds([
    { ...line, m: { mb_s: [1], cpu: 3 } },
    { ...other, m: { mb_s: [7] } },
    { ...line, m: { mb_s: [2, 4], cpu: 5 } },
    { ...other, fail: 'rc 1' },
    { ...other, m: { mb_s: [9] } },
  ]);
  assert.deepEqual(joined, [
    { ...line, m: { mb_s: [1, 2, 4], cpu: [3, 5] } },
    { ...other, fail: 'rc 1' },
  ]);
});
