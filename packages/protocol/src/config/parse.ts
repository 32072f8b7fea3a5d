// From the text of a configuration file to statements, without deciding what applies: values are read by the kinds of
// the keyword table, Match lines become criteria, faults stay in their place as statements. The same for ssh_config and
// sshd_config; resolve-ssh.ts and resolve-sshd.ts decide.

import type { Problem } from './config-error.ts';
import { isProblem } from './config-error.ts';
import type { AnyRow, KeywordIndex, ReadingContext } from './keyword.ts';
import type { MatchCriterion } from './match.ts';
import { parseCriteria } from './match.ts';
import type { SplitLine } from './words.ts';
import { splitLine, Words } from './words.ts';

/** Deepest nesting of Include. */
export const maximumIncludeDepth = 16;
/** Most files that one reading includes. */
export const maximumIncludedFiles = 4096;

/** What one program's files are made of. */
export interface Dialect {
  readonly index: KeywordIndex;
  readonly program: 'ssh' | 'sshd';
  /** How messages show a keyword: ssh in lower case, sshd as written. */
  readonly showKeyword: (keyword: string) => string;
}

export type Statement = { readonly line: number } & (
  | { readonly kind: 'set'; readonly row: AnyRow; readonly keyword: string; readonly value: unknown }
  | { readonly kind: 'host'; readonly patterns: readonly string[] }
  | { readonly kind: 'match'; readonly criteria: readonly MatchCriterion[] }
  | { readonly kind: 'include'; readonly patterns: readonly string[] }
  | { readonly kind: 'unknown'; readonly keyword: string }
  | { readonly kind: 'deprecated' | 'unsupported' | 'ignored'; readonly keyword: string }
  /** `value`: a value that its reader refused; `form`: the line itself is wrong. */
  | { readonly kind: 'faulty'; readonly fault: Problem; readonly of: 'value' | 'form'; readonly keyword: string }
);

export interface ParsedFile {
  readonly path: string;
  readonly statements: readonly Statement[];
}

/** Parses a whole file. */
export function parseConfig(
  source: { readonly path: string; readonly text: string },
  dialect: Dialect,
  context: ReadingContext,
): ParsedFile {
  const statements: Statement[] = [];
  for (const [index, text] of source.text.split('\n').entries()) {
    const split = splitLine(text);
    if (split === undefined) continue;
    statements.push({ line: index + 1, ...parseLine(split, dialect, context) });
  }
  return { path: source.path, statements };
}

type Unplaced<S> = S extends Statement ? Omit<S, 'line'> : never;

/** Parses one line that is not empty. */
export function parseLine(split: SplitLine, dialect: Dialect, context: ReadingContext): Unplaced<Statement> {
  const keyword = dialect.showKeyword(split.keyword);
  const form = (text: string): Unplaced<Statement> => ({
    kind: 'faulty',
    fault: { problem: text },
    of: 'form',
    keyword,
  });
  if (split.rest === '') return form(`no argument after keyword "${keyword}"`);
  const meaning = dialect.index.get(split.keyword.toLowerCase());
  if (meaning === undefined) return { kind: 'unknown', keyword };
  if (split.words === 'unbalanced') return form('invalid quotes');
  if (split.rest.includes('\0')) return form('line holds a NUL byte');
  const words = new Words({ keyword, words: split.words, rest: split.rest });
  switch (meaning.kind) {
    case 'row':
      return parseSetting(meaning.row, words, context);
    case 'block':
      return parseBlock(meaning.block, words, dialect) ?? form(`keyword ${keyword} empty argument`);
    default:
      return { kind: meaning.kind, keyword };
  }
}

function parseSetting(row: AnyRow, words: Words, context: ReadingContext): Unplaced<Statement> {
  const { keyword } = words;
  const value: unknown = row.kind.read(words, context);
  if (isProblem(value)) return { kind: 'faulty', fault: value, of: 'value', keyword };
  if (words.remaining === 0) return { kind: 'set', row, keyword, value };
  const fault = { problem: `keyword ${keyword} extra arguments at end of line` };
  return { kind: 'faulty', fault, of: 'form', keyword };
}

function parseBlock(
  block: 'host' | 'match' | 'include',
  words: Words,
  dialect: Dialect,
): Unplaced<Statement> | undefined {
  const { keyword } = words;
  const all = words.takeAll();
  if (block === 'match') {
    const criteria = parseCriteria(all, dialect.program);
    return isProblem(criteria)
      ? { kind: 'faulty', fault: criteria, of: 'value', keyword }
      : { kind: 'match', criteria };
  }
  if (all.length === 0 || all.includes('')) return undefined;
  return { kind: block, patterns: all };
}
