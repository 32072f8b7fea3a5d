// One line of sftp as a command with its flags and paths, or what is wrong with it in OpenSSH's words. Paths are byte
// strings; those that are patterns still have the backslashes for glob.

import { OptionReader } from '@sallyport/protocol/config/getopt';
import type { CommandName } from './commands.ts';
import { commandRow } from './commands.ts';
import { commandMessages } from './messages.ts';
import { splitWords, withoutGlobEscapes } from './split-line.ts';

export interface TransferFlags {
  readonly resume: boolean;
  readonly sync: boolean;
  readonly preserve: boolean;
  readonly recursive: boolean;
}

export type SortOrder = 'name' | 'time' | 'size' | 'none';

export interface ListFlags {
  readonly view: 'columns' | 'single' | 'long';
  readonly numeric: boolean;
  readonly humanSizes: boolean;
  readonly all: boolean;
  readonly order: SortOrder;
  readonly reverse: boolean;
}

export type Command =
  | { readonly kind: 'get' | 'put'; readonly source: string; readonly target?: string; readonly flags: TransferFlags }
  | { readonly kind: 'copy' | 'symlink' | 'hardlink'; readonly from: string; readonly to: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly legacy: boolean }
  | { readonly kind: 'rm' | 'mkdir' | 'rmdir' | 'lmkdir'; readonly path: string }
  | { readonly kind: 'cd' | 'lcd'; readonly path?: string }
  | { readonly kind: 'df'; readonly path?: string; readonly human: boolean; readonly inodes: boolean }
  | { readonly kind: 'ls'; readonly path?: string; readonly flags: ListFlags }
  /** The rest of the line as it is. */
  | { readonly kind: 'lls' | 'shell'; readonly text: string }
  | { readonly kind: 'lumask'; readonly mask: number }
  | { [Kind in ChangeKind]: ChangeCommand<Kind> }[ChangeKind]
  | { readonly kind: 'quit' | 'pwd' | 'lpwd' | 'help' | 'version' | 'progress' };

type ChangeKind = 'chmod' | 'chown' | 'chgrp';

interface ChangeCommand<Kind extends ChangeKind> {
  readonly kind: Kind;
  readonly value: number;
  readonly path: string;
  /** Not of what a symlink leads to. */
  readonly ofLink: boolean;
}

export interface ParsedLine {
  /** `-` in front: a batch goes on after an error. */
  readonly ignoresErrors: boolean;
  /** `@` in front: a batch does not show the line. */
  readonly isSilent: boolean;
  /** undefined for a line without one. */
  readonly command?: Command;
  readonly problem?: string;
}

/** What is wrong with a line; caught in parseLine. */
class LineProblem extends Error {
  override readonly name = 'LineProblem';
}

export function parseLine(line: string): ParsedLine {
  const [, prefixes = '', text = ''] = /^[ \t\r\n]*([-@]*)[ \t\r\n]*(.*)$/s.exec(line) ?? [];
  const parsed = { ignoresErrors: prefixes.includes('-'), isSilent: prefixes.includes('@') };
  if (text === '' || text.startsWith('#')) return parsed;
  try {
    return { ...parsed, command: parseCommand(text) };
  } catch (error) {
    if (error instanceof LineProblem) return { ...parsed, problem: error.message };
    throw error;
  }
}

function parseCommand(text: string): Command {
  const split = splitWords(text);
  if ('problem' in split) throw new LineProblem(split.problem);
  if (text.startsWith('!')) return { kind: 'shell', text: text.slice(1) };
  const [first = '', ...rest] = split.words;
  const row = commandRow(first);
  if (row === undefined) throw new LineProblem(commandMessages.invalid);
  const parse = parsers[row.command];
  return parse(new Arguments(row.name, rest), text);
}

/** The words behind a command: flags first, then paths. */
class Arguments {
  readonly name: string;
  readonly words: readonly string[];

  constructor(name: string, words: readonly string[]) {
    this.name = name;
    this.words = words;
  }

  /** The flags in order, and what is behind them. */
  read(letters: string): { readonly flags: readonly string[]; readonly operands: readonly string[] } {
    const reader = new OptionReader(this.words, letters);
    const flags: string[] = [];
    for (let event = reader.next(); event !== undefined; event = reader.next()) {
      if (event.kind === 'error') {
        throw new LineProblem(commandMessages.invalidFlag(this.name, event.message.slice(-1)));
      }
      flags.push(event.letter);
    }
    return { flags, operands: reader.remaining() };
  }
}

type Parse = (given: Arguments, text: string) => Command;

const simple =
  (kind: 'quit' | 'pwd' | 'lpwd' | 'help' | 'version' | 'progress'): Parse =>
  (given) => {
    given.read('');
    return { kind };
  };

const transfer =
  (kind: 'get' | 'put', resumes = false): Parse =>
  (given) => {
    const { flags, operands } = given.read('afPpRr');
    const [source, target] = operands;
    if (source === undefined) throw new LineProblem(commandMessages.missingPaths(given.name));
    return {
      kind,
      source,
      ...(target === undefined ? {} : { target: withoutGlobEscapes(target) }),
      flags: {
        resume: resumes || flags.includes('a'),
        sync: flags.includes('f'),
        preserve: flags.includes('p') || flags.includes('P'),
        recursive: flags.includes('r') || flags.includes('R'),
      },
    };
  };

function readTwo(given: Arguments, letters: string): { flags: readonly string[]; from: string; to: string } {
  const { flags, operands } = given.read(letters);
  const [from, to] = operands;
  if (from === undefined || to === undefined) throw new LineProblem(commandMessages.missingTwoPaths(given.name));
  return { flags, from: withoutGlobEscapes(from), to: withoutGlobEscapes(to) };
}

const onPath =
  (kind: 'rm' | 'mkdir' | 'rmdir' | 'lmkdir'): Parse =>
  (given) => {
    const [path] = given.read('').operands;
    if (path === undefined) throw new LineProblem(commandMessages.missingPath(given.name));
    // Only rm takes a pattern.
    return { kind, path: kind === 'rm' ? path : withoutGlobEscapes(path) };
  };

const toFolder =
  (kind: 'cd' | 'lcd'): Parse =>
  (given) => {
    const [path] = given.read('').operands;
    return path === undefined ? { kind } : { kind, path: withoutGlobEscapes(path) };
  };

const changing =
  (kind: ChangeKind): Parse =>
  (given) => {
    const { flags, operands } = given.read('h');
    const value = parseUnsigned(operands[0] ?? '', kind === 'chmod' ? 8 : 10);
    if (value === undefined) throw new LineProblem(commandMessages.missingNumber(given.name));
    const [, path] = operands;
    if (path === undefined) throw new LineProblem(commandMessages.missingPath(given.name));
    return { kind, value, path, ofLink: flags.includes('h') };
  };

const parsers: Readonly<Record<CommandName, Parse>> = {
  quit: simple('quit'),
  pwd: simple('pwd'),
  lpwd: simple('lpwd'),
  help: simple('help'),
  version: simple('version'),
  progress: simple('progress'),
  get: transfer('get'),
  reget: transfer('get', true),
  put: transfer('put'),
  reput: transfer('put', true),
  copy: (given) => {
    const { from, to } = readTwo(given, '');
    return { kind: 'copy', from, to };
  },
  symlink: (given) => {
    const { from, to } = readTwo(given, '');
    return { kind: 'symlink', from, to };
  },
  ln: (given) => {
    const { flags, from, to } = readTwo(given, 's');
    return { kind: flags.includes('s') ? 'symlink' : 'hardlink', from, to };
  },
  rename: (given) => {
    const { flags, from, to } = readTwo(given, 'l');
    return { kind: 'rename', from, to, legacy: flags.includes('l') };
  },
  rm: onPath('rm'),
  mkdir: onPath('mkdir'),
  rmdir: onPath('rmdir'),
  lmkdir: onPath('lmkdir'),
  cd: toFolder('cd'),
  lcd: toFolder('lcd'),
  df: (given) => {
    const { flags, operands } = given.read('hi');
    const [path] = operands;
    const named = path === undefined ? {} : { path: withoutGlobEscapes(path) };
    return { kind: 'df', ...named, human: flags.includes('h'), inodes: flags.includes('i') };
  },
  ls: (given) => {
    const { flags, operands } = new Arguments('ls', given.words).read('1Safhlnrt');
    const [path] = operands;
    return { kind: 'ls', ...(path === undefined ? {} : { path }), flags: listFlags(flags) };
  },
  lls: (given, text) => ({ kind: 'lls', text: text.slice(given.name.length).replace(/^[ \t\r\n]+/, '') }),
  shell: (_given, text) => ({ kind: 'shell', text: text.slice(1) }),
  lumask: (given) => {
    const mask = parseUnsigned(given.read('h').operands[0] ?? '', 8);
    if (mask === undefined) throw new LineProblem(commandMessages.missingNumber(given.name));
    return { kind: 'lumask', mask };
  },
  chmod: changing('chmod'),
  chown: changing('chown'),
  chgrp: changing('chgrp'),
};

type Draft = { -readonly [Name in keyof ListFlags]: ListFlags[Name] };

const listLetters: Readonly<Record<string, (draft: Draft) => void>> = {
  '1': (draft) => Object.assign(draft, { view: 'single', numeric: false, humanSizes: false }),
  S: (draft) => Object.assign(draft, { order: 'size' }),
  a: (draft) => Object.assign(draft, { all: true }),
  f: (draft) => Object.assign(draft, { order: 'none' }),
  h: (draft) => Object.assign(draft, { humanSizes: true }),
  l: (draft) => Object.assign(draft, { view: 'long' }),
  n: (draft) => Object.assign(draft, { view: 'long', numeric: true }),
  r: (draft) => Object.assign(draft, { reverse: true }),
  t: (draft) => Object.assign(draft, { order: 'time' }),
};

function listFlags(letters: readonly string[]): ListFlags {
  const draft: Draft = {
    view: 'columns',
    numeric: false,
    humanSizes: false,
    all: false,
    order: 'name',
    reverse: false,
  };
  for (const letter of letters) listLetters[letter]?.(draft);
  return draft;
}

/** A number as strtoll(3) reads it, within 32 bits. */
function parseUnsigned(text: string, base: 8 | 10): number | undefined {
  const digits = /^[ \t]*\+?(0x[0-9a-f]+|\d+)$/i.exec(text)?.[1];
  if (digits === undefined) return undefined;
  // chown and chgrp take the forms of C: 0x for hexadecimal, 0 for octal.
  const value = base === 8 || /^0\d/.test(digits) ? octal(digits) : Number(digits);
  return Number.isNaN(value) || value > 0xffffffff ? undefined : value;
}

function octal(digits: string): number {
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}
