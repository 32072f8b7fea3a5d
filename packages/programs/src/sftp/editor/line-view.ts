// The line on the screen: prompt, text over as many rows as it takes, cursor. Gives what must be written to a terminal
// that understands the few sequences of ECMA-48 that move and erase; it writes nothing itself.

import { displayColumns } from '../../shared/display-name.ts';

export interface ViewLine {
  /** As they may be shown, each in one piece of at most a few columns. */
  readonly characters: readonly string[];
  readonly cursor: number;
}

interface Place {
  readonly row: number;
  readonly column: number;
}

const eraseBelow = '\x1b[J';
const eraseAll = '\x1b[H\x1b[2J';

export class LineView {
  readonly #prompt: string;
  #columns: number;
  #line: ViewLine = { characters: [], cursor: 0 };
  /** Where the cursor is, below the row of the prompt. */
  #cursor: Place = { row: 0, column: 0 };

  constructor(prompt: string, columns: number) {
    this.#prompt = prompt;
    this.#columns = Math.max(columns, 2);
  }

  /** The prompt on a new row, with whatever the line is. */
  begin(line: ViewLine): string {
    this.#cursor = { row: 0, column: 0 };
    return this.#draw(line, '');
  }

  update(line: ViewLine): string {
    return this.#appended(line) ?? this.#draw(line, '');
  }

  /** The terminal has other columns now, and has wrapped our rows anew. */
  resize(columns: number): string {
    this.#columns = Math.max(columns, 2);
    this.#cursor = this.#place(this.#line.cursor);
    return this.#draw(this.#line, '');
  }

  /** The line at the top of an empty screen. */
  clearScreen(): string {
    this.#cursor = { row: 0, column: 0 };
    return this.#draw(this.#line, eraseAll);
  }

  /** To the start of the row below the line; `mark` is shown behind the text. */
  leave(mark = ''): string {
    const { row, column } = this.#place(this.#line.characters.length);
    const down = row - this.#cursor.row;
    const atEnd = `${down > 0 ? `\x1b[${down}B` : ''}\r${column > 0 ? `\x1b[${column}C` : ''}`;
    return `${this.#isCursorAtEnd ? '' : atEnd}${mark}\r\n`;
  }

  get #isCursorAtEnd(): boolean {
    return this.#line.cursor === this.#line.characters.length;
  }

  /** What is typed at the end is just shown, as a terminal would echo it. */
  #appended(line: ViewLine): string | undefined {
    const added = line.characters.length - this.#line.characters.length;
    if (added < 1 || !this.#isCursorAtEnd || line.cursor !== line.characters.length) return undefined;
    if (this.#line.characters.some((character, index) => character !== line.characters[index])) return undefined;
    const text = line.characters.slice(-added).join('');
    const column = this.#cursor.column + displayColumns(text);
    if (column >= this.#columns) return undefined;
    this.#line = line;
    this.#cursor = { row: this.#cursor.row, column };
    return text;
  }

  #draw(line: ViewLine, first: string): string {
    const up = this.#cursor.row > 0 ? `\x1b[${this.#cursor.row}A` : '';
    this.#line = line;
    const end = this.#place(line.characters.length);
    // A terminal goes to the next row only when something is written there; and to erase at the start of that row would
    // make it forget that both rows are one line.
    const isFull = end.column === 0 && end.row > 0;
    const last = isFull ? line.characters.length - 1 : line.characters.length;
    const text = line.characters.slice(0, last).join('') + eraseBelow + line.characters.slice(last).join('');
    this.#cursor = this.#place(line.cursor);
    const back = end.row - this.#cursor.row;
    const toCursor = this.#isCursorAtEnd
      ? ''
      : `${back > 0 ? `\x1b[${back}A` : ''}\r${this.#cursor.column > 0 ? `\x1b[${this.#cursor.column}C` : ''}`;
    return `${first}\r${up}${this.#prompt}${text}${isFull ? ' \r' : ''}${toCursor}`;
  }

  /** Where a character of the line is; a wide one that does not fit begins the next row. */
  #place(index: number): Place {
    let row = 0;
    let column = 0;
    for (const text of [this.#prompt, ...this.#line.characters.slice(0, index)]) {
      for (const character of text) {
        const width = displayColumns(character);
        if (column + width > this.#columns) {
          row++;
          column = 0;
        }
        column += width;
        if (column >= this.#columns) {
          row++;
          column = 0;
        }
      }
    }
    return { row, column };
  }
}
