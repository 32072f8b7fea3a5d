// The entry of the executable `sallyport`: chooses the program by the name the executable was called by, or by its
// first argument, and runs it. The Node entries of dist/bin do not pass through here; they name their program.

import { chooseProgram } from './choose-program.ts';
import { programs } from './programs.ts';
import { runProgram } from './run-program.ts';

const names = Object.keys(programs);
const { name, argv } = chooseProgram(process.argv0, process.argv.slice(2), names);
if (name === undefined) {
  process.stderr.write(`usage: sallyport program [argument ...]\nprograms: ${names.join(' ')}\n`);
  process.exit(255);
}
void runProgram(name, argv);
