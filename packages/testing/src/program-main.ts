// Runs the `main` of one of our programs in a process of its own, on the runtime that runs the test: what a program
// does with its streams, its files and its exit status can be seen without building the executable.

import type { ProgramOptions, ProgramResult, RunningProgram } from './program.ts';
import { startProgram } from './program.ts';

/** `module` is the URL of a module that exports `main(argv)`, as import.meta.resolve() gives it. */
export function startMain(module: string, argv: readonly string[], options: ProgramOptions = {}): RunningProgram {
  return startProgram(process.execPath, mainArguments(module, argv), options);
}

/** Runs it to its end with `input` (nothing unless told) on stdin. */
export function runMain(module: string, argv: readonly string[], options: ProgramOptions = {}): Promise<ProgramResult> {
  return startMain(module, argv, { ...options, input: options.input ?? '' }).exited;
}

/** The arguments that make the runtime (`process.execPath`) run such a main, for tests that start it by other means. */
export function mainArguments(module: string, argv: readonly string[]): string[] {
  const load = `const { main } = await import(${JSON.stringify(module)});`;
  const code = `${load} process.exit(await main(process.argv.slice(1)));`;
  const evaluate = process.versions['bun'] === undefined ? ['--input-type=module', '-e', code] : ['-e', code];
  return [...evaluate, '--', ...argv];
}
