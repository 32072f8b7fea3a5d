import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyReader, splitCharacters } from './keys.ts';
import { LineEditor, LineHistory } from './line-editor.ts';
import { LineView } from './line-view.ts';

function keysOf(...chunks: readonly string[]): string[] {
  const reader = new KeyReader();
  const keys: string[] = [];
  for (const chunk of chunks) {
    reader.receive(chunk);
    for (let key = reader.next(); key !== undefined; key = reader.next()) {
      keys.push('text' in key ? key.text : `<${key.name}>`);
    }
  }
  return keys;
}

test('keys are characters, control characters and sequences, whole or in pieces', () => {
  assert.deepEqual(keysOf('a\x01\x7f\r'), ['a', '<start>', '<delete-left>', '<accept>']);
  assert.deepEqual(keysOf('\x1b[A\x1bOB\x1b[1;5C\x1bf\x1b[3~'), [
    '<older>',
    '<newer>',
    '<word-right>',
    '<word-right>',
    '<delete>',
  ]);
  assert.deepEqual(keysOf('\x1b', '[', '1;', '5D', 'x'), ['<word-left>', 'x']);
  assert.deepEqual(keysOf('\x1b\x1b[C'), ['<right>']);
  assert.deepEqual(keysOf('\x1b[200~\x1b[99;99Zx\x00'), ['x'], 'what is unknown is nothing');
  assert.deepEqual(keysOf('Ã', '¼'), ['Ã¼'], 'a character of two bytes');
  assert.deepEqual(keysOf('\xff\xc3('), ['\xff', '\xc3', '('], 'bytes that are no character');
  assert.deepEqual(keysOf('\x16\x03'), ['\x03'], 'quoted');
  assert.deepEqual(splitCharacters('aÃ¼â\x82¬\xf0\x9f'), ['a', 'Ã¼', 'â\x82¬', '\xf0', '\x9f']);
});

function edited(keys: string, history = new LineHistory()): string {
  const editor = new LineEditor(history);
  const reader = new KeyReader();
  reader.receive(keys);
  for (let key = reader.next(); key !== undefined; key = reader.next()) editor.press(key);
  const { characters, cursor } = editor;
  return `${characters.slice(0, cursor).join('')}|${characters.slice(cursor).join('')}`;
}

test('keys edit the line as in emacs', () => {
  assert.equal(edited('abc'), 'abc|');
  assert.equal(edited('abc\x01x'), 'x|abc');
  assert.equal(edited('abc\x02\x02X\x05'), 'aXbc|');
  assert.equal(edited('abc\x01\x06\x04'), 'a|c');
  assert.equal(edited('abc\x7f\b'), 'a|');
  assert.equal(edited('one two\x1bb\x0b'), 'one |');
  assert.equal(edited('one two\x1bb\x0b\x19\x19'), 'one twotwo|');
  assert.equal(edited('one /a/b\x17'), 'one |');
  assert.equal(edited('one /a/b\x1b\x7f'), 'one /a/|');
  assert.equal(edited('one two\x01\x1bd'), '| two');
  assert.equal(edited('one two\x15x'), 'x|');
  assert.equal(edited('ab\x14'), 'ba|');
  assert.equal(edited('abc\x02\x14'), 'acb|');
  assert.equal(edited('aÃ¼b\x02\x7f'), 'a|b', 'a character of two bytes is one');
  assert.equal(edited('\x01\x7f\x0b\x19\x14'), '|', 'what cannot be done is not done');
});

test('the history goes back and forth and keeps what was being typed', () => {
  const history = new LineHistory();
  for (const line of ['one', 'two', 'two', '  ', 'three']) history.add(line);
  assert.deepEqual(history.lines, ['one', 'two', 'three']);
  assert.equal(edited('typed\x10', history), 'three|');
  assert.equal(edited('typed\x10\x10\x10\x10', history), 'one|');
  assert.equal(edited('typed\x10\x10\x0e\x0e', history), 'typed|');
  assert.equal(edited('typed\x1b<x\x1b>', history), 'typed|');
});

test('the owner hears what is not editing', () => {
  const editor = new LineEditor(new LineHistory());
  assert.equal(editor.press({ name: 'end-of-input' }), 'end');
  assert.equal(editor.insert('ab'), true);
  assert.equal(editor.press({ name: 'end-of-input' }), 'refused', 'nothing is right of the cursor');
  assert.equal(editor.press({ name: 'accept' }), 'accept');
  assert.equal(editor.press({ name: 'complete' }), 'complete');
  assert.equal(editor.press({ name: 'left' }), 'changed');
  assert.equal(editor.textBeforeCursor, 'a');
  assert.equal(editor.insert('x'.repeat(8190)), false);
  assert.equal(editor.press({ text: 'x'.repeat(8190) }), 'refused');
});

const controls = new RegExp(`${String.fromCharCode(27)}\\[(\\d*)([A-Za-z])|[^]`, 'gu');

/** A terminal that knows the sequences of a view. */
class Screen {
  rows: string[] = [''];
  #row = 0;
  #column = 0;
  #columns: number;

  constructor(columns: number) {
    this.#columns = columns;
  }

  write(text: string): this {
    for (const [piece, count, final] of text.matchAll(controls)) {
      if (final === undefined) this.#put(piece);
      else this.#obey(final, Number(count || '1'));
    }
    return this;
  }

  /** The text with the cursor in it. */
  toString(): string {
    const rows = this.rows.map((row, index) => (index === this.#row ? this.#marked(row) : row));
    return rows.map((row) => row.trimEnd()).join('/');
  }

  #marked(row: string): string {
    const filled = row.padEnd(this.#column);
    return `${filled.slice(0, this.#column)}|${filled.slice(this.#column)}`;
  }

  #put(character: string): void {
    if (character === '\r') this.#column = 0;
    else if (character === '\n') this.#to(this.#row + 1);
    else {
      if (this.#column === this.#columns) {
        this.#column = 0;
        this.#to(this.#row + 1);
      }
      const row = (this.rows[this.#row] ?? '').padEnd(this.#column);
      this.rows[this.#row] = row.slice(0, this.#column) + character + row.slice(this.#column + 1);
      this.#column++;
    }
  }

  #obey(final: string, count: number): void {
    if (final === 'A') this.#row = Math.max(0, this.#row - count);
    if (final === 'B') this.#row += count;
    if (final === 'C') this.#column = Math.min(this.#columns - 1, this.#column + count);
    if (final === 'H') this.#row = this.#column = 0;
    if (final !== 'J') return;
    this.rows[this.#row] = (this.rows[this.#row] ?? '').slice(0, this.#column);
    this.rows.length = this.#row + 1;
  }

  #to(row: number): void {
    this.#row = row;
    while (this.rows.length <= row) this.rows.push('');
  }
}

const lineOf = (text: string, cursor = text.length): { characters: string[]; cursor: number } => ({
  characters: [...text],
  cursor,
});

test('a line is shown over as many rows as it takes, with the cursor where it is', () => {
  const view = new LineView('> ', 8);
  const screen = new Screen(8).write(view.begin(lineOf('')));
  assert.equal(String(screen), '> |');
  assert.equal(String(screen.write(view.update(lineOf('abcdef')))), '> abcdef/|', 'the cursor is on a row of its own');
  assert.equal(String(screen.write(view.update(lineOf('abcdefgh')))), '> abcdef/gh|');
  assert.equal(String(screen.write(view.update(lineOf('abcdefgh', 1)))), '> a|bcdef/gh');
  assert.equal(String(screen.write(view.update(lineOf('abXcdefgh', 3)))), '> abX|cde/fgh');
  assert.equal(String(screen.write(view.update(lineOf('x')))), '> x|');
  assert.equal(String(screen.write(view.leave('^C'))), '> x^C/|');
});

test('leaving goes below the last row, from wherever the cursor is', () => {
  const view = new LineView('> ', 8);
  const screen = new Screen(8).write(view.begin(lineOf('abcdefgh', 2)));
  assert.equal(String(screen.write(view.leave())), '> abcdef/gh/|');
});

test('what is typed at the end is echoed as it is', () => {
  const view = new LineView('> ', 80);
  view.begin(lineOf('ab'));
  assert.equal(view.update(lineOf('abc')), 'c');
  assert.notEqual(view.update(lineOf('abc', 1)), '');
});

test('a terminal of another width shows the line anew, an empty screen too', () => {
  const view = new LineView('> ', 20);
  view.begin(lineOf('abcdefgh', 7));
  const narrow = new Screen(5).write('> abcdefg');
  assert.equal(String(narrow.write(view.resize(5))), '> abc/defg|h/');
  assert.equal(String(new Screen(5).write('garbage').write(view.clearScreen())), '> abc/defg|h/');
});
