// The text of a file that the user named, or of stdin for `-`. A folder has no text; a file that cannot be read ends
// the program.

import { readFileSync, statSync } from 'node:fs';
import { reasonOf } from '../shared/failure-reason.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { readRest } from '../shared/standard-streams.ts';
import { messages } from './messages.ts';

/** @throws ProgramExit */
export function readText(path: string): string {
  if (path === '-') return Buffer.from(readRest()).toString('utf8');
  try {
    return statSync(path).isDirectory() ? '' : readFileSync(path, 'utf8');
  } catch (error) {
    throw new ProgramExit(messages.cannotRead(path, reasonOf(error)));
  }
}
