// Kinds of values that many keywords share: choices, integers, times, texts, lists of words, the rest of a line. The
// two programs word some complaints differently; those texts are parameters.

import type { Problem } from './config-error.ts';
import { isProblem, problem } from './config-error.ts';
import type { Kind } from './keyword.ts';
import { parseInteger, parseMask, parseTime } from './quantities.ts';
import type { Words } from './words.ts';

/** The next word, or what to say when there is none or an empty one. */
export function required(words: Words, complaint: string): string | Problem {
  const word = words.next();
  return word === undefined || word === '' ? problem(complaint) : word;
}

/** Spelling and meaning; the first spelling of a meaning is printed. Spellings match without case. */
export type Spellings<Value> = readonly (readonly [spelling: string, value: Value])[];

export function choice<const Value>(spellings: Spellings<Value>): Kind<Value> {
  return {
    read: (words) => {
      const word = required(words, 'missing argument.');
      if (isProblem(word)) return word;
      const found = spellings.find(([spelling]) => spelling.toLowerCase() === word.toLowerCase());
      return found === undefined ? problem(`unsupported option "${word}".`) : found[1];
    },
    print: (value) => [printChoice(spellings, value)],
    synopsis: spellings.map(([spelling]) => spelling).join('|'),
  };
}

export function printChoice<Value>(spellings: Spellings<Value>, value: Value): string {
  return spellings.find(([, meaning]) => meaning === value)?.[0] ?? 'UNKNOWN';
}

/** yes, no, true, false; printed as yes or no. */
export const flag: Kind<boolean> = {
  ...choice<boolean>([
    ['yes', true],
    ['true', true],
    ['no', false],
    ['false', false],
  ]),
  synopsis: 'yes|no',
};

/** yes or no and nothing else, as sshd takes it. */
export const plainFlag: Kind<boolean> = choice<boolean>([
  ['yes', true],
  ['no', false],
]);

/** An integer from 0. sshd names the keyword in complaints. */
export function integer(options: { readonly named?: true } = {}): Kind<number> {
  return {
    read: (words) => {
      const value = parseInteger(words.next());
      if (!isProblem(value)) return value;
      return problem(`${options.named ? `${words.keyword} ` : ''}integer value ${value.problem}.`);
    },
    print: (value) => [`${value}`],
    synopsis: 'number',
  };
}

/** Seconds; `none` is read as the value given for it. */
export function time<const None extends number | 'none' = number>(
  options: { readonly none?: None } = {},
): Kind<number | None> {
  return {
    read: (words) => {
      const word = required(words, 'missing time value.');
      if (isProblem(word)) return word;
      if (word === 'none' && options.none !== undefined) return options.none;
      return parseTime(word) ?? problem('invalid time value.');
    },
    print: (value) => [`${value}`],
    synopsis: options.none === undefined ? 'time' : 'time|none',
  };
}

/** An octal mask. */
export function mask(complaints: { readonly missing: string; readonly bad: string }): Kind<number> {
  return {
    read: (words) => {
      const word = required(words, complaintFor(words, complaints.missing));
      if (isProblem(word)) return word;
      return parseMask(word) ?? problem(complaints.bad);
    },
    print: (value) => [`0${value.toString(8)}`],
    synopsis: 'octal mask',
  };
}

// A complaint may name the keyword as it was typed by `K`.
function complaintFor(words: Words, complaint: string): string {
  return complaint.replace(/^K /, `${words.keyword} `);
}

/** One word. `lowerCase`: host names. `missing` may begin with `K ` for the keyword as typed. */
export function text(
  options: { readonly missing?: string; readonly lowerCase?: true; readonly synopsis?: string } = {},
): Kind<string> {
  return {
    read: (words) => {
      const word = required(words, complaintFor(words, options.missing ?? 'Missing argument.'));
      if (isProblem(word)) return word;
      return options.lowerCase ? word.toLowerCase() : word;
    },
    print: (value) => [quoteWord(value)],
    synopsis: options.synopsis ?? 'text',
  };
}

/** One word that is added to those of other lines; at most `limit`. */
export function textList(options: {
  readonly missing?: string;
  readonly limit?: { readonly count: number; readonly complaint: string };
  readonly unique?: true;
}): Pick<ListRow, 'kind' | 'add'> {
  const { count = 1024, complaint = 'too many entries.' } = options.limit ?? {};
  return {
    kind: {
      read: (words) => {
        const word = required(words, complaintFor(words, options.missing ?? 'Missing argument.'));
        return isProblem(word) ? word : [word];
      },
      print: (value) => value.map(quoteWord),
      synopsis: 'path, may be repeated',
    },
    add: ({ soFar, next }) => {
      if (options.unique && soFar.includes(next[0] as string)) return soFar;
      return soFar.length >= count ? problem(complaint) : [...soFar, ...next];
    },
  };
}

interface ListRow {
  readonly kind: Kind<readonly string[]>;
  readonly add: (values: {
    readonly soFar: readonly string[];
    readonly next: readonly string[];
  }) => readonly string[] | Problem;
}

/** What a list keyword does with each word: the word to keep, or a complaint. */
export type WordCheck = (word: string, words: Words) => string | Problem;

/** All words of a line as one value, printed on one line; `none` must stand alone. */
export function wordList(
  options: { readonly check?: WordCheck; readonly printEmpty?: string } = {},
): Kind<readonly string[]> {
  return {
    read: (words) => {
      const kept: string[] = [];
      const all = words.takeAll();
      for (const word of all) {
        const checked =
          word === '' ? problem(`keyword ${words.keyword} empty argument`) : check(word, words, options.check);
        if (isProblem(checked)) return checked;
        kept.push(checked);
      }
      const none = kept.some((word) => word.toLowerCase() === 'none');
      if (none && kept.length > 1) return problem(`keyword ${words.keyword} "none" argument must appear alone.`);
      return none ? [] : kept;
    },
    print: (value) => (value.length > 0 ? [value.map(quoteWord).join(' ')] : [options.printEmpty ?? 'none']),
    synopsis: 'list|none',
  };
}

function check(word: string, words: Words, by: WordCheck | undefined): string | Problem {
  return by === undefined ? word : by(word, words);
}

/** All words of a line, added to those of other lines; printed one a line. */
export function addingWords(options: { readonly check?: WordCheck; readonly limit?: number }): ListRow {
  const { limit = 4096 } = options;
  return {
    kind: {
      read: (words) => {
        const kept: string[] = [];
        for (const word of words.takeAll()) {
          const checked = check(word, words, options.check);
          if (isProblem(checked)) return checked;
          kept.push(checked);
        }
        return kept;
      },
      print: (value) => value.map(quoteWord),
      synopsis: 'list, may be repeated',
    },
    add: ({ soFar, next }) => (soFar.length + next.length > limit ? problem('too many entries.') : [...soFar, ...next]),
  };
}

/** The rest of the line as written: commands. */
export function restOfLine(
  options: { readonly check?: (text: string, words: Words) => Problem | undefined } = {},
): Kind<string> {
  return {
    read: (words) => {
      const rest = words.takeRest();
      return options.check?.(rest, words) ?? rest;
    },
    print: (value) => [value],
    synopsis: 'command',
  };
}

/** A word as it must be written to be read as the same word. */
export function quoteWord(word: string): string {
  if (!/["'\\#\s]/.test(word)) return word;
  const escaped = word.replace(/["'\\]/g, (character) => `\\${character}`);
  return /[\s#]/.test(word) ? `"${escaped}"` : escaped;
}
