// What a terminal sends, as keys: characters, control characters and the escape sequences of the keys that move
// (ECMA-48, as xterm, tmux and the Linux console send them). Bytes are byte strings.

/** A key that edits, by what it does in the emacs manner. */
export type KeyName =
  | 'accept'
  | 'complete'
  | 'interrupt'
  | 'suspend'
  | 'end-of-input'
  | 'redraw'
  | 'start'
  | 'end'
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  | 'older'
  | 'newer'
  | 'oldest'
  | 'newest'
  | 'delete'
  | 'delete-left'
  | 'kill-right'
  | 'kill-line'
  | 'kill-word-left'
  /** To the next blank. */
  | 'kill-back-to-blank'
  | 'kill-word-right'
  | 'yank'
  | 'transpose'
  | 'quote';

export type Key = { readonly name: KeyName } | { readonly text: string };

const controls: Readonly<Record<string, KeyName>> = {
  '\x01': 'start',
  '\x02': 'left',
  '\x03': 'interrupt',
  '\x04': 'end-of-input',
  '\x05': 'end',
  '\x06': 'right',
  '\b': 'delete-left',
  '\t': 'complete',
  '\n': 'accept',
  '\x0b': 'kill-right',
  '\f': 'redraw',
  '\r': 'accept',
  '\x0e': 'newer',
  '\x10': 'older',
  '\x14': 'transpose',
  '\x15': 'kill-line',
  '\x16': 'quote',
  '\x17': 'kill-back-to-blank',
  '\x19': 'yank',
  '\x1a': 'suspend',
  '\x7f': 'delete-left',
};

/** Behind ESC. */
const sequences: Readonly<Record<string, KeyName>> = {
  '[A': 'older',
  '[B': 'newer',
  '[C': 'right',
  '[D': 'left',
  '[F': 'end',
  '[H': 'start',
  OA: 'older',
  OB: 'newer',
  OC: 'right',
  OD: 'left',
  OF: 'end',
  OH: 'start',
  '[1~': 'start',
  '[3~': 'delete',
  '[4~': 'end',
  '[7~': 'start',
  '[8~': 'end',
  '[1;5C': 'word-right',
  '[1;5D': 'word-left',
  '[1;3C': 'word-right',
  '[1;3D': 'word-left',
  '[5C': 'word-right',
  '[5D': 'word-left',
  b: 'word-left',
  f: 'word-right',
  d: 'kill-word-right',
  '\x7f': 'kill-word-left',
  '\b': 'kill-word-left',
  '<': 'oldest',
  '>': 'newest',
};

/** Cuts what a terminal sends into keys; what is incomplete waits for more. */
export class KeyReader {
  #waiting = '';
  #isQuoting = false;

  /** The next key; undefined when more must come. */
  next(): Key | undefined {
    while (this.#waiting !== '') {
      const first = this.#waiting.charAt(0);
      if (this.#isQuoting) {
        this.#isQuoting = false;
        return { text: this.#take(1) };
      }
      if (first === '\x1b') {
        const length = sequenceLength(this.#waiting);
        if (length === undefined) return undefined;
        const sequence = this.#take(length).slice(1);
        const name = Object.hasOwn(sequences, sequence) ? sequences[sequence] : undefined;
        if (name !== undefined) return { name };
        continue;
      }
      const name = controls[first];
      if (name === undefined && (first < ' ' || first === '\x7f')) {
        this.#take(1);
        continue;
      }
      if (name === 'quote') this.#isQuoting = true;
      if (name !== undefined) {
        this.#take(1);
        if (name !== 'quote') return { name };
        continue;
      }
      const length = characterLength(this.#waiting, 0);
      if (length === undefined) return undefined;
      return { text: this.#take(length) };
    }
    return undefined;
  }

  receive(bytes: string): void {
    this.#waiting += bytes;
  }

  #take(length: number): string {
    const taken = this.#waiting.slice(0, length);
    this.#waiting = this.#waiting.slice(length);
    return taken;
  }
}

/** Of an escape sequence, its ESC included; undefined when it is not complete. */
function sequenceLength(bytes: string): number | undefined {
  const second = bytes.charAt(1);
  if (second === '') return undefined;
  if (second === 'O') return bytes.length < 3 ? undefined : 3;
  // ESC ESC [ C is ESC [ C with a modifier, for some.
  if (second === '\x1b') return 1;
  if (second !== '[') return 2;
  for (let at = 2; at < bytes.length; at++) {
    const character = bytes.charAt(at);
    if (character >= '@' && character <= '~') return at + 1;
    if (character < ' ' || character > '~') return at;
  }
  return bytes.length > maximumSequenceBytes ? bytes.length : undefined;
}

const maximumSequenceBytes = 32;

/** Bytes of the UTF-8 character at a place; 1 for a byte that is none; undefined when its rest may come yet. */
function characterLength(bytes: string, at: number): number | undefined {
  const first = bytes.charCodeAt(at);
  if (first < 0xc2 || first > 0xf4) return 1;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  for (let next = at + 1; next < at + length; next++) {
    if (next >= bytes.length) return undefined;
    if ((bytes.charCodeAt(next) & 0xc0) !== 0x80) return 1;
  }
  return length;
}

/** A byte string as its UTF-8 characters; a byte that is none stands for itself. */
export function splitCharacters(bytes: string): readonly string[] {
  const characters: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = characterLength(bytes, at) ?? 1;
    characters.push(bytes.slice(at, at + length));
    at += length;
  }
  return characters;
}
