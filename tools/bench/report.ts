// From the harness's result lines to a table: for each target and each pair of client and server the median, its ratio
// to the reference in the same run (stock OpenSSH on both sides, or npm ssh2), and the verdict. Pure functions; reading
// and printing are the caller's.

import type { Scenario, Target } from './scenarios.ts';

/** One line of the harness's results file. */
export interface ResultLine {
  readonly case: string;
  readonly client: string;
  readonly server: string;
  readonly m?: Readonly<Record<string, number | readonly number[]>>;
  readonly fail?: string;
}

export type Verdict = 'aim' | 'must' | 'short' | 'failed' | 'reference' | 'seen';

export interface Row {
  readonly testCase: string;
  readonly pair: string;
  readonly value: string;
  readonly ratio: string;
  readonly target: string;
  readonly verdict: Verdict;
}

export function parseResults(text: string): ResultLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ResultLine);
}

/** The rows of a scenario, in the order of its targets; the reference pair comes first. */
export function rowsOf(scenario: Scenario, results: readonly ResultLine[]): Row[] {
  return scenario.targets.flatMap((target) => {
    const lines = results.filter(({ case: name }) => name.startsWith(target.testCase));
    const reference = lines.find(
      (line) => !nameOf(line.client).startsWith('sallyport') && nameOf(line.server) === 'openssh',
    );
    const others = lines.filter((line) => line !== reference);
    const base = reference === undefined ? undefined : medianOf(reference, target.metric);
    return [...(reference === undefined ? [] : [reference]), ...others].map((line) => rowOf(line, target, base));
  });
}

function rowOf(line: ResultLine, target: Target, base: number | undefined): Row {
  const pair = `${nameOf(line.client)} → ${nameOf(line.server)}`;
  const value = medianOf(line, target.metric);
  const isReference = !pair.includes('sallyport');
  const sign = target.better === 'lower' ? '≤' : '≥';
  const common = { testCase: line.case, pair, target: `${sign} ${target.must}, aim ${sign} ${target.aim}` };
  if (value === undefined) {
    return { ...common, value: line.fail ?? 'no result', ratio: '', verdict: 'failed' };
  }
  const text = value >= 100 ? value.toFixed(0) : value.toPrecision(3);
  if (isReference) return { ...common, value: text, ratio: '1', target: '', verdict: 'reference' };
  if (base === undefined) return { ...common, value: text, ratio: '?', verdict: 'failed' };
  const ratio = value / base;
  if (pair === 'sallyport → sallyport')
    return { ...common, value: text, ratio: ratio.toFixed(2), target: '', verdict: 'seen' };
  const reaches = (limit: number): boolean => (target.better === 'lower' ? ratio <= limit : ratio >= limit);
  const verdict = reaches(target.aim) ? 'aim' : reaches(target.must) ? 'must' : 'short';
  return { ...common, value: text, ratio: ratio.toFixed(2), verdict };
}

/** A peer that was given as a file is called by the file's name. */
function nameOf(peer: string): string {
  return peer.slice(peer.lastIndexOf('/') + 1).replace(/\.json$/, '');
}

function medianOf({ m }: ResultLine, metric: string): number | undefined {
  const samples = m?.[metric];
  if (samples === undefined || typeof samples === 'number') return samples;
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1];
  const lower = sorted[(sorted.length - 1) >> 1];
  return upper === undefined || lower === undefined ? undefined : (upper + lower) / 2;
}

const verdictTexts: Readonly<Record<Verdict, string>> = {
  aim: 'reaches the aim',
  must: 'good enough',
  short: 'FALLS SHORT',
  failed: 'FAILED',
  reference: 'reference',
  seen: 'no target',
};

/** A table in plain text, its columns aligned. */
export function formatRows(rows: readonly Row[]): string {
  const head = ['case', 'client → server', 'median', 'ratio', 'target', ''];
  const cells = rows.map((row) => [
    row.testCase,
    row.pair,
    row.value,
    row.ratio,
    row.target,
    verdictTexts[row.verdict],
  ]);
  const widths = head.map((title, column) => Math.max(...[head, ...cells].map((row) => (row[column] ?? title).length)));
  return [head, ...cells]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}
