// Runs commands one after another, each with a title, the time it took and, if it fails, what it printed.
// A failed step does not stop those after it.

import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Step {
  readonly title: string;
  readonly command: readonly string[];
}

/** The number of failed steps is printed last; the result is an exit status. */
export function runSteps(steps: readonly Step[]): 0 | 1 {
  process.chdir(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
  const failed = steps.filter((step, index) => !runStep(step, `[${index + 1}/${steps.length}]`));
  process.stdout.write(
    failed.length === 0 ? 'all is well\n' : `findings in: ${failed.map(({ title }) => title).join(', ')}\n`,
  );
  return failed.length === 0 ? 0 : 1;
}

function runStep({ title, command }: Step, position: string): boolean {
  process.stdout.write(`${position} ${title} … `);
  const start = performance.now();
  const [program = '', ...parameters] = command;
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { encoding: 'utf8', maxBuffer: 1 << 28 });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  process.stdout.write(`${status === 0 ? 'ok' : 'findings'}, ${seconds} s\n`);
  if (status !== 0) process.stdout.write(`${stdout}${stderr}${error === undefined ? '' : `${error.message}\n`}`);
  return status === 0;
}
