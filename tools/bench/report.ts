// From the harness's result lines to a table: for each target and each pair of client and server the median, its ratio
// to the reference in the same run (stock OpenSSH on both sides, or npm ssh2), and the verdict. Pure functions; reading
// and printing are the caller's.

import type { Scenario, Side, Target } from './scenarios.ts';

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

/** The samples of several runs of a script as those of one; a failure in any is one. */
export function joinRounds(lines: readonly ResultLine[]): ResultLine[] {
  const joined = new Map<string, ResultLine>();
  for (const line of lines) {
    const key = JSON.stringify([line.case, line.client, line.server]);
    const before = joined.get(key);
    joined.set(key, before === undefined ? line : joinTwo(before, line));
  }
  return [...joined.values()];
}

function joinTwo(first: ResultLine, second: ResultLine): ResultLine {
  if (first.fail !== undefined || second.fail !== undefined) return first.fail === undefined ? second : first;
  const metrics = Object.keys({ ...first.m, ...second.m });
  const m = metrics.map((metric) => [
    metric,
    [...(samplesOf(first, metric) ?? []), ...(samplesOf(second, metric) ?? [])],
  ]);
  return { ...first, m: Object.fromEntries(m) as Record<string, readonly number[]> };
}

/** The rows of a scenario, in the order of its targets; the reference pair of each program comes first. */
export function rowsOf(scenario: Scenario, results: readonly ResultLine[]): Row[] {
  return scenario.targets.flatMap((target) => {
    const lines = results.filter(({ case: name }) => name.startsWith(target.testCase));
    const programs = new Set(lines.map(programOf));
    return [...programs].flatMap((program) =>
      rowsOfProgram(
        target,
        lines.filter((line) => programOf(line) === program),
      ),
    );
  });
}

function rowsOfProgram(target: Target, lines: readonly ResultLine[]): Row[] {
  const reference = lines.find((line) => !isOurs(line.client) && nameOf(line.server) === 'openssh');
  const others = lines.filter((line) => line !== reference);
  const samples = reference === undefined ? undefined : samplesOf(reference, target.metric);
  const base = samples === undefined ? undefined : medianOf(samples);
  return [...(reference === undefined ? [] : [reference]), ...others].map((line) => rowOf(line, target, base));
}

const usuallyJudged: readonly Side[] = ['client', 'server'];

function rowOf(line: ResultLine, target: Target, base: number | undefined): Row {
  const { absolute = false, judged = usuallyJudged } = target;
  const samples = samplesOf(line, target.metric);
  const sign = target.better === 'lower' ? '≤' : '≥';
  const common = {
    testCase: absolute ? `${line.case} ${target.metric}` : line.case,
    pair: `${nameOf(line.client)} → ${nameOf(line.server)}`,
    value: samples === undefined ? (line.fail ?? 'no result') : figure(medianOf(samples)),
    target: `${sign} ${target.must}, aim ${sign} ${target.aim}`,
  };
  if (samples === undefined) return { ...common, ratio: '', verdict: 'failed' };
  const side = sideOf(line);
  if (side === undefined) return { ...common, ratio: '1', target: '', verdict: 'reference' };
  if (base === undefined && !absolute) return { ...common, ratio: '?', verdict: 'failed' };
  const ratios = samples.map((sample) => sample / (absolute ? 1 : (base ?? 1)));
  const ratio = absolute ? '' : spread(ratios);
  if (!judged.includes(side)) return { ...common, ratio, target: '', verdict: 'seen' };
  const middle = medianOf(ratios);
  const reaches = (limit: number): boolean => (target.better === 'lower' ? middle <= limit : middle >= limit);
  return { ...common, ratio, verdict: reaches(target.aim) ? 'aim' : reaches(target.must) ? 'must' : 'short' };
}

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** The median with the least and the most, where there are several. */
function spread(values: readonly number[]): string {
  const middle = medianOf(values).toFixed(2);
  return values.length < 2 ? middle : `${middle} (${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)})`;
}

/** What the client's name says besides whose it is: `-scp` of `sallyport-scp` and of `openssh-scp`. */
function programOf({ client }: ResultLine): string {
  return /-scp$/.exec(nameOf(client))?.[0] ?? '';
}

function isOurs(peer: string): boolean {
  return nameOf(peer).startsWith('sallyport');
}

function sideOf({ client, server }: ResultLine): Side | undefined {
  if (isOurs(client)) return isOurs(server) ? 'both' : 'client';
  return isOurs(server) ? 'server' : undefined;
}

/** A peer that was given as a file is called by the file's name. */
function nameOf(peer: string): string {
  return peer.slice(peer.lastIndexOf('/') + 1).replace(/\.json$/, '');
}

function samplesOf({ m }: ResultLine, metric: string): readonly number[] | undefined {
  const samples = m?.[metric];
  if (samples === undefined) return undefined;
  return typeof samples === 'number' ? [samples] : samples;
}

function medianOf(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  const lower = sorted[(sorted.length - 1) >> 1] ?? Number.NaN;
  return (upper + lower) / 2;
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
