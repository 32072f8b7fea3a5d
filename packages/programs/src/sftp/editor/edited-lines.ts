// Lines that the user edits on a terminal: keys in, the line shown, completion by the tab key, the history by arrows.
// The terminal is in its own mode only while a line is being typed; commands find it as it was.

import { lineEditingSettings } from '@sallyport/system/terminal';
import { byteStringOf } from '../../shared/byte-string.ts';
import { writeOut } from '../../shared/standard-streams.ts';
import { LocalTerminal } from '../../ssh/session/local-terminal.ts';
import type { CommandLines } from '../command-lines.ts';
import { readAvailable } from '../command-lines.ts';
import type { Completion } from '../completion.ts';
import { KeyReader } from './keys.ts';
import { LineEditor, LineHistory } from './line-editor.ts';
import type { ViewLine } from './line-view.ts';
import { LineView } from './line-view.ts';

export interface EditedLinesOptions {
  readonly prompt: string;
  /** A byte string as it may be shown. */
  readonly show: (text: string) => string;
  /** `cursor` is an offset in bytes. The signal is aborted by the interrupt key. */
  readonly complete: (line: string, cursor: number, signal: AbortSignal) => Promise<Completion>;
  /** The text of several names in columns of the terminal. */
  readonly formatChoices: (choices: readonly string[], columns: number) => string;
}

const defaultColumns = 80;
const bell = '\x07';
const endingSignals = ['SIGHUP', 'SIGTERM', 'SIGQUIT'] as const;

export class EditedLines implements CommandLines {
  readonly #options: EditedLinesOptions;
  readonly #terminal = new LocalTerminal(0, lineEditingSettings);
  readonly #keys = new KeyReader();
  readonly #history = new LineHistory();
  #editor = new LineEditor(this.#history);
  #view: LineView;
  #completing: AbortController | undefined;

  constructor(options: EditedLinesOptions) {
    this.#options = options;
    this.#view = new LineView(options.prompt, this.#columns);
  }

  async next(): Promise<string | undefined> {
    this.#takeTerminal();
    try {
      // Not before: who answers the prompt at once finds the terminal in its mode.
      this.#begin();
      for (;;) {
        const line = await this.#editToEnd();
        if (line !== 'more') return line;
        if (!(await this.#readKeys())) return undefined;
      }
    } finally {
      this.#giveTerminal();
    }
  }

  /** The interrupt key: the line is given up and a new one begins; a completion only ends. */
  interrupt(): void {
    if (this.#completing !== undefined) {
      this.#completing.abort();
      return;
    }
    writeOut(this.#view.leave('^C'));
    this.#begin();
  }

  /** Gives the line up, and the terminal back, for the last message of the program. */
  leave(): void {
    writeOut(this.#view.leave());
    this.#giveTerminal();
  }

  get #columns(): number {
    return this.#terminal.size.columns || defaultColumns;
  }

  #begin(): void {
    this.#editor = new LineEditor(this.#history);
    this.#view = new LineView(this.#options.prompt, this.#columns);
    writeOut(this.#view.begin(this.#line));
  }

  get #line(): ViewLine {
    const { characters, cursor } = this.#editor;
    return { characters: characters.map(this.#options.show), cursor };
  }

  /** Obeys the keys that have come. The line, undefined at the end of input, or that more keys are needed. */
  async #editToEnd(): Promise<string | undefined | 'more'> {
    let isShown = true;
    for (let key = this.#keys.next(); key !== undefined; key = this.#keys.next()) {
      const outcome = this.#editor.press(key);
      if (outcome === 'changed' || outcome === 'refused') {
        isShown = false;
        continue;
      }
      if (!isShown) writeOut(this.#view.update(this.#line));
      isShown = true;
      if (outcome === 'accept') return this.#accept();
      if (outcome === 'end') {
        writeOut(this.#view.leave());
        return undefined;
      }
      if (outcome === 'redraw') writeOut(this.#view.clearScreen());
      if (outcome === 'complete') await this.#complete();
    }
    if (!isShown) writeOut(this.#view.update(this.#line));
    return 'more';
  }

  #accept(): string {
    writeOut(this.#view.leave());
    const { text } = this.#editor;
    this.#history.add(text);
    return text;
  }

  async #complete(): Promise<void> {
    const { text, textBeforeCursor } = this.#editor;
    this.#completing = new AbortController();
    const { signal } = this.#completing;
    let found: Completion;
    try {
      found = await this.#options.complete(text, textBeforeCursor.length, signal);
    } finally {
      this.#completing = undefined;
    }
    if (signal.aborted) return;
    if (found.choices.length > 0) {
      writeOut(this.#view.leave() + this.#options.formatChoices(found.choices, this.#columns));
      this.#editor.insert(found.insert);
      writeOut(this.#view.begin(this.#line));
    } else if (found.insert === '') writeOut(bell);
    else {
      this.#editor.insert(found.insert);
      writeOut(this.#view.update(this.#line));
    }
  }

  /** False at the end of input. What is typed behind the end of a line is for whoever reads next: byte by byte. */
  async #readKeys(): Promise<boolean> {
    const typed = await readAvailable(0, 1);
    this.#keys.receive(byteStringOf(typed));
    return typed.length > 0;
  }

  readonly #resized = (): void => {
    writeOut(this.#view.resize(this.#columns));
  };

  readonly #suspend = (): void => {
    process.off('SIGTSTP', this.#suspend);
    writeOut(this.#view.leave());
    this.#terminal.suspend();
    process.on('SIGTSTP', this.#suspend);
    writeOut(this.#view.begin(this.#line));
  };

  readonly #end = (signal: NodeJS.Signals): void => {
    this.#giveTerminal();
    process.kill(process.pid, signal);
  };

  #takeTerminal(): void {
    this.#terminal.enterRaw();
    process.on('SIGWINCH', this.#resized);
    process.on('SIGTSTP', this.#suspend);
    for (const signal of endingSignals) process.on(signal, this.#end);
  }

  #giveTerminal(): void {
    process.off('SIGWINCH', this.#resized);
    process.off('SIGTSTP', this.#suspend);
    for (const signal of endingSignals) process.off(signal, this.#end);
    this.#terminal.leaveRaw();
  }
}
