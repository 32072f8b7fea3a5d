// Runs one test file in a process of its own, under Node or under Bun, and collects its records. The process group is
// ended when the file takes longer than its limit. Does not print.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBunRecords, readNodeRecords, type TestRecord } from './results.ts';

export interface Job {
  readonly runtime: 'node' | 'bun';
  /** The compiled test file, relative to the repository. */
  readonly file: string;
}

export interface FileResult {
  readonly job: Job;
  readonly records: readonly TestRecord[];
  readonly milliseconds: number;
  /** What the file printed itself. */
  readonly output: string;
}

const fileLimitMilliseconds = 300_000;
const testLimitMilliseconds = 120_000;

export async function runFile(job: Job): Promise<FileResult> {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'));
  const reportPath = join(folder, 'report');
  const start = performance.now();
  const { status, output } = await runProcess(commandOf(job, reportPath));
  const milliseconds = performance.now() - start;
  const records = readRecords(job, reportPath);
  rmSync(folder, { recursive: true, force: true });
  if (status !== 0 && !records.some(({ outcome }) => outcome === 'failed')) {
    records.push({ name: '(the whole file)', outcome: 'failed', detail: `the process ended with ${status}` });
  }
  if (records.length === 0) records.push({ name: '(the whole file)', outcome: 'failed', detail: 'it has no test' });
  return { job, records, milliseconds, output };
}

function commandOf({ runtime, file }: Job, reportPath: string): string[] {
  if (runtime === 'bun') {
    const limit = `--timeout=${testLimitMilliseconds}`;
    return [process.execPath, 'test', limit, '--reporter=junit', `--reporter-outfile=${reportPath}`, `./${file}`];
  }
  const reporter = ['--test-reporter=./tools/dist/test/node-reporter.js', `--test-reporter-destination=${reportPath}`];
  return ['node', ...reporter, file];
}

function readRecords({ runtime }: Job, reportPath: string): TestRecord[] {
  try {
    const report = readFileSync(reportPath, 'utf8');
    return runtime === 'bun' ? readBunRecords(report) : readNodeRecords(report);
  } catch {
    return [];
  }
}

function runProcess([command = '', ...parameters]: string[]): Promise<{ status: string | number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, fileLimitMilliseconds);
    const collect = (chunk: Buffer): void => {
      if (output.length < 1_000_000) output += chunk.toString();
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve({ status: error.message, output });
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      const limit = `no end after ${fileLimitMilliseconds / 1000} s`;
      setImmediate(() => resolve({ status: late ? limit : (code ?? signal ?? 'nothing'), output }));
    });
  });
}
