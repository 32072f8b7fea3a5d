// `npm test [-- OPTION… PATH…]`: unit tests of every package under Node and under Bun, then the tests that cross
// packages (test/) on the compiled executable. PATH picks the files whose path contains it; --node and --bun pick the
// runtime;
// --workers=N says how many files run at a time (2).

import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type FileResult, type Job, runFile } from './test/run-file.ts';
import { countOf, describeFailures, describeFile, describeSkipped, describeSums } from './test/summary.ts';

interface PlannedSuite {
  readonly title: string;
  readonly runtime: Job['runtime'];
  readonly folders: readonly string[];
}

function plan(): PlannedSuite[] {
  const unit = [...readdirSync('packages').map((name) => `packages/${name}/src`), 'tools'];
  return [
    { title: 'unit tests on Node', runtime: 'node', folders: unit },
    { title: 'unit tests under Bun', runtime: 'bun', folders: unit },
    { title: 'tests across packages', runtime: 'node', folders: ['test'] },
  ];
}

/** What the compiler makes of the test files below a folder of sources. */
function testFiles(folder: string): string[] {
  const output = folder.startsWith('packages/') ? folder.replace(/src$/, 'dist') : join(folder, 'dist');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.startsWith('dist/'))
    .map((name) => join(output, name.replace(/\.ts$/, '.js')))
    .sort();
}

async function runJobs(jobs: readonly Job[], workers: number): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const queue = [...jobs];
  const work = async (): Promise<void> => {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const result = await runFile(job);
      results.push(result);
      process.stdout.write(`[${results.length}/${jobs.length}] ${describeFile(result)}`);
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}

async function main(): Promise<number> {
  process.chdir(dirname(dirname(fileURLToPath(import.meta.url))));
  const { values, positionals } = parseArgs({
    options: { node: { type: 'boolean' }, bun: { type: 'boolean' }, workers: { type: 'string', default: '2' } },
    allowPositionals: true,
  });
  const wanted = (runtime: Job['runtime']): boolean => values[runtime] === true || (!values.node && !values.bun);
  const chosen = (file: string): boolean => positionals.length === 0 || positionals.some((part) => file.includes(part));
  const suites = plan()
    .filter(({ runtime }) => wanted(runtime))
    .map(({ title, runtime, folders }) => {
      const files = folders.flatMap(testFiles).filter(chosen);
      return { title, jobs: files.map((file): Job => ({ runtime, file })) };
    });
  const results = await runJobs(suites.flatMap(({ jobs }) => jobs).reverse(), Number(values.workers));
  const ofSuite = (jobs: readonly Job[]): FileResult[] => results.filter(({ job }) => jobs.includes(job));
  process.stdout.write(describeSkipped(results));
  process.stdout.write(describeFailures(results));
  process.stdout.write(describeSums(suites.map(({ title, jobs }) => ({ title, results: ofSuite(jobs) }))));
  return results.length > 0 && countOf(results).failed === 0 ? 0 : 1;
}

process.exitCode = await main();
