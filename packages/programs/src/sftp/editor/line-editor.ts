// The line that is being typed: its characters, the cursor, what was killed, and the lines before. Keys change it; it
// reads and shows nothing. A character is a byte string: one of UTF-8, or a byte that is none.

import type { Key, KeyName } from './keys.ts';
import { splitCharacters } from './keys.ts';

/** What is left to do for the owner after a key. */
export type KeyOutcome = 'changed' | 'accept' | 'complete' | 'interrupt' | 'suspend' | 'end' | 'redraw' | 'refused';

const maximumHistory = 1000;
const maximumCharacters = 8191;

/** The lines that were accepted, the last one at the end. */
export class LineHistory {
  readonly #lines: string[] = [];

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    if (line.trim() === '' || line === this.#lines.at(-1)) return;
    this.#lines.push(line);
    if (this.#lines.length > maximumHistory) this.#lines.shift();
  }
}

export class LineEditor {
  #characters: string[] = [];
  #cursor = 0;
  #killed: readonly string[] = [];
  readonly #history: LineHistory;
  /** Which line of the history is shown; its length for the new one. */
  #shown: number;
  /** What was typed before older lines were looked at. */
  #typed: readonly string[] = [];

  constructor(history: LineHistory) {
    this.#history = history;
    this.#shown = history.lines.length;
  }

  /** A byte string. */
  get text(): string {
    return this.#characters.join('');
  }

  get characters(): readonly string[] {
    return this.#characters;
  }

  /** In characters. */
  get cursor(): number {
    return this.#cursor;
  }

  /** The bytes before the cursor. */
  get textBeforeCursor(): string {
    return this.#characters.slice(0, this.#cursor).join('');
  }

  /** Puts a byte string at the cursor; false when the line would be too long. */
  insert(text: string): boolean {
    const added = splitCharacters(text);
    if (this.#characters.length + added.length > maximumCharacters) return false;
    this.#characters.splice(this.#cursor, 0, ...added);
    this.#cursor += added.length;
    return true;
  }

  press(key: Key): KeyOutcome {
    if ('text' in key) return this.insert(key.text) ? 'changed' : 'refused';
    switch (key.name) {
      case 'accept':
      case 'complete':
      case 'interrupt':
      case 'suspend':
      case 'redraw':
        return key.name;
      case 'end-of-input':
        if (this.#characters.length === 0) return 'end';
        return this.#edit('delete');
      default:
        return this.#edit(key.name);
    }
  }

  #edit(name: KeyName): KeyOutcome {
    if (name === 'older' || name === 'newer' || name === 'oldest' || name === 'newest') return this.#recall(name);
    const changed = edits[name]?.({ characters: this.#characters, cursor: this.#cursor, killed: this.#killed });
    if (changed === undefined) return 'refused';
    this.#characters = [...changed.characters];
    this.#cursor = changed.cursor;
    this.#killed = changed.killed ?? this.#killed;
    return 'changed';
  }

  #recall(name: 'older' | 'newer' | 'oldest' | 'newest'): KeyOutcome {
    const { lines } = this.#history;
    const places = { older: this.#shown - 1, newer: this.#shown + 1, oldest: 0, newest: lines.length };
    const place = places[name];
    if (place < 0 || place > lines.length || place === this.#shown) return 'refused';
    if (this.#shown === lines.length) this.#typed = this.#characters;
    this.#shown = place;
    this.#characters = place === lines.length ? [...this.#typed] : [...splitCharacters(lines[place] ?? '')];
    this.#cursor = this.#characters.length;
    return 'changed';
  }
}

interface Line {
  readonly characters: readonly string[];
  readonly cursor: number;
  readonly killed?: readonly string[];
}

/** The line after a key; undefined when the key can do nothing. */
type Edit = (line: Line) => Line | undefined;

const moveTo =
  (place: (line: Line) => number): Edit =>
  (line) => {
    const cursor = place(line);
    return cursor === line.cursor || cursor < 0 || cursor > line.characters.length ? undefined : { ...line, cursor };
  };

/** Takes away what is between two places, and keeps it for yank if it is more than a character. */
const cut =
  (range: (line: Line) => readonly [from: number, to: number], keeps: boolean): Edit =>
  (line) => {
    const [from, to] = range(line);
    if (from < 0 || to > line.characters.length || from === to) return undefined;
    const characters = [...line.characters.slice(0, from), ...line.characters.slice(to)];
    return { characters, cursor: from, ...(keeps ? { killed: line.characters.slice(from, to) } : {}) };
  };

const isBlank = (character: string | undefined): boolean => character === ' ' || character === '\t';
const isWordCharacter = (character: string | undefined): boolean => /^(?:\w|[\x80-\xff]+)$/.test(character ?? '');

function wordStart({ characters, cursor }: Line, belongs = isWordCharacter): number {
  let at = cursor;
  while (at > 0 && !belongs(characters[at - 1])) at--;
  while (at > 0 && belongs(characters[at - 1])) at--;
  return at;
}

function wordEnd({ characters, cursor }: Line): number {
  let at = cursor;
  while (at < characters.length && !isWordCharacter(characters[at])) at++;
  while (at < characters.length && isWordCharacter(characters[at])) at++;
  return at;
}

const edits: Readonly<Partial<Record<KeyName, Edit>>> = {
  start: moveTo(() => 0),
  end: moveTo(({ characters }) => characters.length),
  left: moveTo(({ cursor }) => cursor - 1),
  right: moveTo(({ cursor }) => cursor + 1),
  'word-left': moveTo((line) => wordStart(line)),
  'word-right': moveTo(wordEnd),
  delete: cut(({ cursor }) => [cursor, cursor + 1], false),
  'delete-left': cut(({ cursor }) => [cursor - 1, cursor], false),
  'kill-right': cut(({ characters, cursor }) => [cursor, characters.length], true),
  'kill-line': cut(({ characters }) => [0, characters.length], true),
  'kill-word-left': cut((line) => [wordStart(line), line.cursor], true),
  'kill-back-to-blank': cut((line) => [wordStart(line, (character) => !isBlank(character)), line.cursor], true),
  'kill-word-right': cut((line) => [line.cursor, wordEnd(line)], true),
  yank: ({ characters, cursor, killed = [] }) =>
    killed.length === 0
      ? undefined
      : {
          characters: [...characters.slice(0, cursor), ...killed, ...characters.slice(cursor)],
          cursor: cursor + killed.length,
        },
  transpose: ({ characters, cursor }) => {
    const at = cursor === characters.length ? cursor - 1 : cursor;
    if (at < 1) return undefined;
    const [before = '', behind = ''] = characters.slice(at - 1, at + 1);
    return {
      characters: [...characters.slice(0, at - 1), behind, before, ...characters.slice(at + 1)],
      cursor: at + 1,
    };
  },
};
