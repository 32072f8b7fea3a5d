// What both modes of -M need of their files: the one operand that names the output, and the time in the lines of
// moduli.

import { ProgramExit } from '../../shared/program-exit.ts';
import { moduliMessages } from '../messages.ts';

/** @throws ProgramExit */
export function outputFile(operands: readonly string[]): string {
  const [path, more] = operands;
  if (path === undefined) throw new ProgramExit(moduliMessages.noOutput);
  if (more !== undefined) throw new ProgramExit(moduliMessages.tooManyOutputs);
  return path;
}

/** YYYYMMDDHHMMSS of now, in UTC. */
export function timeStamp(): string {
  return new Date().toISOString().replaceAll(/\D/g, '').slice(0, 14);
}
