// A command line of sftp into words, with the quotes and escapes of a shell and one thing more: words may be patterns
// for glob, so a wildcard that was quoted or escaped keeps a backslash in front, which glob takes away again (sftp(1),
// INTERACTIVE COMMANDS). Lines are byte strings.

export interface SplitWords {
  readonly words: readonly string[];
  /** The quote that is still open, which only `isIncomplete` lets pass; empty if none. */
  readonly openQuote: string;
  /** The line ends within the last word, or right behind it. */
  readonly isWordOpen: boolean;
}

export interface SplitProblem {
  readonly problem: 'string too long' | 'Too many arguments.' | 'Unterminated quoted argument';
}

const maximumBytes = 8191;
const maximumWords = 128;
const wildcards = '?[*';

/** `isIncomplete`: the line is being typed. */
export function splitWords(line: string, isIncomplete = false): SplitWords | SplitProblem {
  if (line.length > maximumBytes) return { problem: 'string too long' };
  const splitting = new Splitting();
  for (let at = 0; at < line.length; ) {
    const taken = splitting.take(line.charAt(at), line.charAt(at + 1));
    if (taken === 0) break;
    at += taken;
  }
  const { isWordOpen, openQuote } = splitting;
  if (openQuote !== '' && !isIncomplete) return { problem: 'Unterminated quoted argument' };
  const words = splitting.finish();
  if (words.length > maximumWords) return { problem: 'Too many arguments.' };
  return { words, openQuote, isWordOpen };
}

class Splitting {
  readonly #words: string[] = [];
  /** undefined between words. */
  #word: string | undefined;
  /** The quote that is open. */
  #quote = '';

  get openQuote(): string {
    return this.#quote;
  }

  get isWordOpen(): boolean {
    return this.#word !== undefined;
  }

  finish(): readonly string[] {
    this.#endWord();
    return this.#words;
  }

  /** Takes a character, and the one behind it if the first is an escape: how many; 0 at a comment. */
  take(character: string, next: string): number {
    if (character === '\\') return this.#quote === '' ? this.#takeEscape(next) : this.#takeQuotedEscape(next);
    if (character === '"' || character === "'") this.#takeQuote(character);
    else if (this.#quote !== '') this.#add(wildcards.includes(character) ? `\\${character}` : character);
    else if (character === '#') return 0;
    else if (/[ \t\n\v\f\r]/.test(character)) this.#endWord();
    else this.#add(character);
    return 1;
  }

  #takeEscape(next: string): number {
    if (next === '') this.#add('');
    else this.#add(`${wildcards}\\`.includes(next) ? `\\${next}` : next);
    return 2;
  }

  /** Within quotes only the quote itself needs an escape; others stay as they are. */
  #takeQuotedEscape(next: string): number {
    if (next === this.#quote) this.#add(next);
    else if (next !== '' && wildcards.includes(next)) this.#add(`\\\\\\${next}`);
    else this.#add(`\\${next}`);
    return 2;
  }

  #takeQuote(character: string): void {
    if (this.#quote === character) this.#quote = '';
    else if (this.#quote !== '') this.#add(character);
    else {
      this.#add('');
      this.#quote = character;
    }
  }

  #add(text: string): void {
    this.#word = (this.#word ?? '') + text;
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#words.push(this.#word);
    this.#word = undefined;
  }
}

/** A word that is no pattern, without the backslashes that were kept for glob. */
export function withoutGlobEscapes(word: string): string {
  return word.replaceAll(/\\([?[*\\])/g, '$1');
}

/** A pattern as the name of a file: glob takes every backslash away. */
export function patternAsPath(pattern: string): string {
  return pattern.replaceAll(/\\(.)/gs, '$1');
}

/** A path as a pattern that fits only itself. */
export function escapeGlob(path: string): string {
  return path.replaceAll(/[?[*\\]/g, '\\$&');
}
