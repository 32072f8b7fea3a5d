// What the tab key adds to a line of sftp: the rest of a command's name, or of the names of files here or there, with
// the quotes and backslashes that they need; and what there is to choose from. Lines and names are byte strings.

import { parseGlobPattern } from '@sallyport/protocol/wire/glob-pattern';
import type { ArgumentPlace } from './commands.ts';
import { commandRow, commandTable } from './commands.ts';
import { splitWords } from './split-line.ts';

export interface Completion {
  /** For the cursor. */
  readonly insert: string;
  /** What fits, without the folder that all of it is in; empty unless there is a choice. */
  readonly choices: readonly string[];
}

/** Finds the paths that fit a pattern, with a slash behind folders; relative ones from the working folder there. */
export type FindPaths = (pattern: string, place: 'local' | 'remote') => Promise<readonly string[]>;

const nothing: Completion = { insert: '', choices: [] };

/** `cursor` is an offset in bytes. */
export async function completeLine(line: string, cursor: number, find: FindPaths): Promise<Completion> {
  if (cursor < line.length && line.charAt(cursor) !== ' ') return nothing;
  const split = splitWords(line.slice(0, cursor), true);
  if ('problem' in split) return nothing;
  const { words, isWordOpen } = split;
  const isAtEnd = cursor === line.length;
  const [command] = words;
  const place = { quote: split.openQuote, isAtEnd };
  if (command === undefined || (words.length === 1 && isWordOpen)) return completeCommand(command ?? '', place);
  const where = placeOf(command, words.slice(1), isWordOpen);
  if (where === 'none') return nothing;
  const typed = isWordOpen ? (words.at(-1) as string) : '';
  return completePath(typed, place, (pattern) => find(pattern, where));
}

interface Cursor {
  /** The quote that is open there. */
  readonly quote: string;
  readonly isAtEnd: boolean;
}

function completeCommand(typed: string, { quote, isAtEnd }: Cursor): Completion {
  const fitting = commandTable.map(({ name }) => name).filter((name) => name.startsWith(typed.toLowerCase()));
  if (typed === '' || fitting.length === 0) return { insert: '', choices: fitting };
  const more = commonStart(fitting).slice(typed.length);
  if (fitting.length > 1) return { insert: more, choices: fitting };
  return { insert: more + quote + (isAtEnd ? ' ' : ''), choices: [] };
}

/** Where the files of the argument at the cursor are; flags are no arguments. */
function placeOf(command: string, behind: readonly string[], isWordOpen: boolean): ArgumentPlace {
  const before = isWordOpen ? behind.slice(0, -1) : behind;
  const index = before.filter((word) => !word.startsWith('-')).length;
  const places: readonly ArgumentPlace[] = commandRow(command)?.places ?? [];
  return places[index] ?? 'none';
}

async function completePath(
  typed: string,
  { quote, isAtEnd }: Cursor,
  find: (pattern: string) => Promise<readonly string[]>,
): Promise<Completion> {
  const found = await find(`${typed}*`);
  if (found.length === 0) return nothing;
  const choices = found.length === 1 ? [] : found.map(withoutFolder);
  const { hasWildcards, literal } = parseGlobPattern(typed);
  // A pattern cannot be continued by what fits it.
  if (hasWildcards) return { insert: '', choices };
  // Of a path that was found, what is behind the folder is what was typed and what is missing.
  const typedName = withoutFolder(literal);
  const more = commonStart(found.map(nameInFolder)).slice(typedName.length);
  const added = quoted(more, quote);
  if (found.length > 1) return { insert: added, choices };
  // Into a folder the path goes on.
  if (found[0]?.endsWith('/') === true) return { insert: added, choices };
  return { insert: added + quote + (isAtEnd ? ' ' : ''), choices };
}

/** The last component, a slash behind it included. */
function nameInFolder(path: string): string {
  return path.slice(path.lastIndexOf('/', path.length - 2) + 1);
}

/** What is behind the last slash. */
function withoutFolder(path: string): string {
  return path.endsWith('/') ? nameInFolder(path) : path.slice(path.lastIndexOf('/') + 1);
}

function commonStart(texts: readonly string[]): string {
  const [first = '', ...others] = texts;
  let length = first.length;
  for (const other of others) {
    let same = 0;
    while (same < length && other.charAt(same) === first.charAt(same)) same++;
    length = same;
  }
  return first.slice(0, length);
}

/** As it must be typed where this quote is open. */
function quoted(text: string, quote: string): string {
  if (quote === '') return text.replaceAll(/['"\\\t\n [#*?]/g, '\\$&');
  return text.replaceAll(quote === '"' ? /["\\]/g : /['\\]/g, '\\$&');
}
