// What -O means beside -M screen: where to begin and how much to do, the tests, the generator, and the file of the
// checkpoint.

import { parseNumber } from '../../shared/parse-number.ts';
import { ProgramExit } from '../../shared/program-exit.ts';
import { logLine } from '../context.ts';
import { messages, moduliMessages } from '../messages.ts';

export interface ScreenSettings {
  /** Lines to do; 0: all. */
  readonly lines: number;
  /** Lines to pass over. */
  readonly startLine: number;
  readonly checkpoint: string | undefined;
  readonly trials: number;
  readonly generator: number | undefined;
}

type Draft = { -readonly [K in keyof ScreenSettings]: ScreenSettings[K] };

const maximumInteger = 0x7fffffff;
const minimumTrials = 4;

const settings: Readonly<Record<string, (draft: Draft, value: string) => void>> = {
  lines: (draft, value) => {
    draft.lines = whole(value);
  },
  'start-line': (draft, value) => {
    draft.startLine = whole(value);
  },
  checkpoint: (draft, value) => {
    draft.checkpoint = value;
  },
  generator: (draft, value) => {
    const given = parseNumber(value, 1, maximumInteger);
    if (typeof given === 'string') throw new ProgramExit(moduliMessages.badGenerator(value, given));
    draft.generator = given;
  },
  'prime-tests': (draft, value) => {
    const given = parseNumber(value, 1, maximumInteger);
    if (typeof given === 'string') throw new ProgramExit(messages.badNumber(value, given));
    draft.trials = given;
  },
};

/** @throws ProgramExit */
export function screenSettings(words: readonly string[]): ScreenSettings {
  const draft: Draft = { lines: 0, startLine: 0, checkpoint: undefined, trials: 100, generator: undefined };
  for (const word of words) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
    const set = settings[name];
    if (set === undefined) throw new ProgramExit(moduliMessages.notForScreening(word));
    set(draft, value);
  }
  if (draft.trials >= minimumTrials) return draft;
  logLine(moduliMessages.tooFewTrials(minimumTrials));
  throw new ProgramExit(moduliMessages.screeningFailed);
}

function whole(value: string): number {
  const given = parseNumber(value, 0, maximumInteger);
  if (typeof given === 'string') throw new ProgramExit(messages.badNumber(value, given));
  return given;
}
