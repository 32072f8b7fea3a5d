// Runs one program of the table to its end and leaves the process with its exit status. An error that reaches this
// point, thrown or left in a promise, is a fault of ours: it is named on stderr in one line, without the source that
// the runtimes print, and the status is 255, as for every fatal error of OpenSSH's programs.

import { writeSync } from 'node:fs';
import { programs } from './programs.ts';

const stderrFd = 2;

/** Never returns: the process ends with the program's status. */
export async function runProgram(name: string, argv: readonly string[]): Promise<never> {
  process.on('uncaughtException', (error) => fail(name, error));
  process.on('unhandledRejection', (error) => fail(name, error));
  try {
    const program = programs[name];
    if (program === undefined) throw new Error('no such program');
    const { main } = await program();
    process.exit(await main(argv));
  } catch (error) {
    return fail(name, error);
  }
}

function fail(name: string, error: unknown): never {
  const text = error instanceof Error ? error.message : String(error);
  try {
    writeSync(stderrFd, `${name}: internal error: ${text.replaceAll(/[^ -~]+/g, ' ')}\n`);
  } catch {
    // Nobody listens.
  }
  process.exit(255);
}
