// What the test run prints: a line per file while it runs, with what failed tests said; then skipped tests with their
// reasons, the failures once more, the sums per suite, and as very last line `N passed, N failed, N skipped`. Pure
// functions of the results.

import type { TestRecord } from './results.ts';
import type { FileResult } from './run-file.ts';

export interface Suite {
  readonly title: string;
  readonly results: readonly FileResult[];
}

type Count = Record<TestRecord['outcome'], number>;

export function countOf(results: readonly FileResult[]): Count {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  for (const { records } of results) for (const { outcome } of records) count[outcome] += 1;
  return count;
}

function countText({ passed, failed, skipped }: Count): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** One line for a finished file, and for each failed test what it said. */
export function describeFile({ job, records, milliseconds, output }: FileResult): string {
  const failed = records.filter(({ outcome }) => outcome === 'failed');
  const seconds = (milliseconds / 1000).toFixed(1);
  const count = countOf([{ job, records, milliseconds, output }]);
  const verdict = failed.length === 0 ? 'ok    ' : 'FAILED';
  const head = `${verdict} ${job.runtime} ${job.file} (${countText(count)}, ${seconds} s)\n`;
  if (failed.length === 0) return head;
  const details = failed.map(({ name, detail }) => `  ✗ ${name}\n${indent(detail)}`).join('');
  return `${head}${details}${output.trim() === '' ? '' : `  it printed:\n${indent(output.slice(-8000))}`}`;
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}\n`)
    .join('');
}

/**
 * Every skipped test with its reason. Bun tells none: it is taken from the same test's run under Node, or from what the
 * file has printed.
 */
export function describeSkipped(results: readonly FileResult[]): string {
  const reasons = new Map<string, string>();
  for (const { job, records } of results) {
    for (const { name, outcome, detail } of records) {
      if (outcome === 'skipped' && detail !== '') reasons.set(`${job.file} ${name}`, detail);
    }
  }
  const lines = results.flatMap(({ job, records, output }) =>
    records
      .filter(({ outcome }) => outcome === 'skipped')
      .map(({ name, detail }) => {
        const reason = detail === '' ? (reasons.get(`${job.file} ${name}`) ?? printedReason(output)) : detail;
        return `skipped (${job.runtime}) ${job.file}: ${name}: ${reason}\n`;
      }),
  );
  return lines.join('');
}

function printedReason(output: string): string {
  const [, reason = 'no reason given'] = /^skipped: (.*)$/m.exec(output) ?? [];
  return reason;
}

/** The failed files once more: whoever keeps only the end of the output must see what failed. */
export function describeFailures(results: readonly FileResult[]): string {
  const failed = results.filter(({ records }) => records.some(({ outcome }) => outcome === 'failed'));
  return failed.map(describeFile).join('');
}

/** The sums per suite, and the closing line. */
export function describeSums(suites: readonly Suite[]): string {
  const sums = suites.map(({ title, results }) => `${title}: ${countText(countOf(results))}\n`).join('');
  return `${sums}${countText(countOf(suites.flatMap(({ results }) => results)))}\n`;
}
