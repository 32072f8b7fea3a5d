// Runs one program of the table to its end and leaves the process with its exit status. An error that reaches this
// point is a fault of ours: it is named on stderr and the status is 255, as for every fatal error of OpenSSH's
// programs.

import { programs } from './programs.ts';

/** Never returns: the process ends with the program's status. */
export async function runProgram(name: string, argv: readonly string[]): Promise<never> {
  try {
    const program = programs[name];
    if (program === undefined) throw new Error('no such program');
    const { main } = await program();
    process.exit(await main(argv));
  } catch (error) {
    process.stderr.write(`${name}: internal error: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(255);
  }
}
