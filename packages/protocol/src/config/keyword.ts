// What a row of the keyword tables is (ssh_config(5), sshd_config(5)): one keyword with its reader, printer,
// default, scope, repeat rule, tokens and whether it has effect. Row order is the order in which `ssh -G` and `sshd
// -T` print. The types of the options come from the tables; nothing is written twice.

import type { Problem } from './config-error.ts';
import type { TokenLetters } from './percent.ts';
import type { Words } from './words.ts';

/** Families of algorithm names that list keywords choose from. */
export type AlgorithmFamily = 'ciphers' | 'macs' | 'keyExchanges' | 'signatures' | 'caSignatures';

/** The names a program can use, and its default lists in order of preference. */
export type AlgorithmNames = Readonly<Record<AlgorithmFamily, FamilyNames>>;

export interface FamilyNames {
  readonly known: readonly string[];
  readonly defaults: readonly string[];
  /** Names that OpenSSH knows and we do not: lists may hold them, and they are dropped. */
  readonly foreign?: readonly string[];
}

/** What readers of values need to know besides the words. */
export interface ReadingContext {
  readonly algorithms: AlgorithmNames;
  /** sshd: relative file names are made absolute with it. */
  readonly workingFolder?: string;
}

/** How one kind of value is read and printed. */
export interface Kind<Value> {
  /** Takes the words it wants; words that are left over are an error that the caller reports. */
  readonly read: (words: Words, context: ReadingContext) => Value | Problem;
  /** Right-hand sides, one for each line that is printed; none when the value is not worth a line. */
  readonly print: (value: Value) => readonly string[];
  /** For manual page and completion, such as `yes|no` or `path`. */
  readonly synopsis: string;
}

export interface Row<Name extends string, Value, Default extends Value | undefined> {
  /** As the manual spells it; also the property of the options. */
  readonly name: Name;
  readonly kind: Kind<Value>;
  /** undefined: no value, or one that follows from others (resolve). */
  readonly default: Default;
  /** sshd only: whether it may stand in a Match block. ssh allows all everywhere. */
  readonly match?: true;
  /** How a further line adds to the value; without it the first one wins. */
  readonly add?: (values: { readonly soFar: Value; readonly next: Value }) => Value | Problem;
  /** Which %-tokens the value may hold. */
  readonly tokens?: TokenLetters;
  /** Its tokens are replaced when it is used, not before `-G` prints it. */
  readonly expanded?: 'when-used';
  /** Whether ${NAME} of the environment is replaced. */
  readonly environment?: true;
  /** Whether the value is a path whose ~ stands for a home directory. */
  readonly tilde?: true;
  /** Whether the programs act upon it. */
  readonly effect: 'yes' | 'not-yet';
  /** While it has no effect: what passing over it would do. 'weakens': something is let in that the line forbids. */
  readonly ignoring?: 'harmless' | 'weakens';
  /** First release of OpenSSH that knows it, if it is later than 9.2. */
  readonly since?: string;
}

/** Any row, for code that walks a table. */
// oxlint-disable-next-line typescript/no-explicit-any -- a table holds kinds of many value types
export type AnyRow = Row<string, any, any>;

/** Gives a row its exact type. */
export function row<const Name extends string, Value, const Default extends Value | undefined>(
  definition: Row<Name, Value, Default>,
): Row<Name, Value, Default> {
  return definition;
}

type ValueOf<R> = R extends Row<string, infer Value, infer Default> ? Value | Extract<Default, undefined> : never;

/** The options that a table describes. */
export type OptionsOf<Table extends readonly AnyRow[]> = {
  readonly [R in Table[number] as R['name']]: ValueOf<R>;
};

/** Values that lines and flags have set, as far as they have. */
export type SettingsOf<Options> = { -readonly [Name in keyof Options]?: Exclude<Options[Name], undefined> };

/** Words of a program that are no keywords with a value: other spellings, and what is no longer supported. */
export interface KeywordAliases {
  /** Other spelling → keyword. */
  readonly aliases: Readonly<Record<string, string>>;
  readonly deprecated: readonly string[];
  readonly unsupported: readonly string[];
  readonly ignored: readonly string[];
}

export type KeywordMeaning =
  | { readonly kind: 'row'; readonly row: AnyRow }
  | { readonly kind: 'deprecated' | 'unsupported' | 'ignored' }
  | { readonly kind: 'block'; readonly block: 'host' | 'match' | 'include' };

/** A table as it is looked up: lower-cased spelling → meaning. */
export type KeywordIndex = ReadonlyMap<string, KeywordMeaning>;

/** Builds the look-up of a table. */
export function indexKeywords(
  table: readonly AnyRow[],
  others: KeywordAliases,
  blocks: readonly ('host' | 'match' | 'include')[],
): KeywordIndex {
  const index = new Map<string, KeywordMeaning>();
  for (const entry of table) index.set(entry.name.toLowerCase(), { kind: 'row', row: entry });
  for (const [alias, name] of Object.entries(others.aliases)) {
    index.set(alias.toLowerCase(), index.get(name.toLowerCase()) as KeywordMeaning);
  }
  for (const kind of ['deprecated', 'unsupported', 'ignored'] as const) {
    for (const name of others[kind]) index.set(name.toLowerCase(), { kind });
  }
  for (const block of blocks) index.set(block, { kind: 'block', block });
  return index;
}

/** Keywords that are set to something else than their default although nothing acts upon them. */
export interface PassedOver {
  /** Names of keywords that must not be passed over: something would be let in that they forbid. */
  readonly weakening: readonly string[];
  readonly harmless: readonly string[];
}

/** What a program would pass over of the settings that lines have made. */
export function passedOver(
  table: readonly AnyRow[],
  settings: readonly { readonly name: string; readonly value: unknown }[],
): PassedOver {
  const weakening = new Set<string>();
  const harmless = new Set<string>();
  for (const { name, value } of settings) {
    const entry = table.find((one) => one.name === name);
    if (entry === undefined || entry.effect === 'yes' || isDefault(entry, value)) continue;
    (entry.ignoring === 'weakens' ? weakening : harmless).add(name);
  }
  return { weakening: [...weakening], harmless: [...harmless] };
}

function isDefault({ kind, default: fallback }: AnyRow, value: unknown): boolean {
  const text = kind.print(value).join('\n');
  return text.toLowerCase() === 'none' || (fallback !== undefined && text === kind.print(fallback).join('\n'));
}
