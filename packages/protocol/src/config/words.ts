// Splits one line of ssh_config or sshd_config (ssh_config(5), "the file format"): keyword, then arguments after blanks
// and at most one `=`; single and double quotes, backslash before a quote, a backslash or a blank; `#` at the start of
// a line or of an argument. It does not know any keyword.

/** One line that is neither empty nor a comment. */
export interface SplitLine {
  /** As written, without quotes. */
  readonly keyword: string;
  /** What follows the keyword and its delimiter, without trailing blanks; for keywords that take the rest of a line. */
  readonly rest: string;
  readonly words: readonly string[] | 'unbalanced';
}

/** The arguments of one line, taken one after the other by the reader of a value. */
export class Words {
  /** As messages name it: sshd shows it as written, ssh in lower case. */
  readonly keyword: string;
  readonly #words: readonly string[];
  readonly #rest: string;
  #at = 0;

  constructor(line: { readonly keyword: string; readonly words: readonly string[]; readonly rest: string }) {
    this.keyword = line.keyword;
    this.#words = line.words;
    this.#rest = line.rest;
  }

  get remaining(): number {
    return this.#words.length - this.#at;
  }

  next(): string | undefined {
    return this.remaining > 0 ? this.#words[this.#at++] : undefined;
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  /** All words that are left. */
  takeAll(): readonly string[] {
    const left = this.#words.slice(this.#at);
    this.#at = this.#words.length;
    return left;
  }

  /** The rest of the line as written, with quotes and comments; nothing is left then. */
  takeRest(): string {
    this.#at = this.#words.length;
    return this.#rest;
  }
}

const blanks = ' \t\r\n\f';

function skip(text: string, from: number, characters: string): number {
  let at = from;
  while (at < text.length && characters.includes(text.charAt(at))) at++;
  return at;
}

/** Splits a line; undefined for an empty one and for a comment. */
export function splitLine(text: string): SplitLine | undefined {
  let end = text.length;
  while (end > 0 && blanks.includes(text.charAt(end - 1))) end--;
  const start = skip(text, 0, blanks);
  if (start >= end || text.charAt(start) === '#') return undefined;
  const line = text.slice(start, end);
  const quoted = line.startsWith('"');
  const keywordEnd = quoted ? closingQuote(line) : bareKeywordEnd(line);
  const keyword = quoted ? line.slice(1, keywordEnd) : line.slice(0, keywordEnd);
  let at = skip(line, quoted ? keywordEnd + 1 : keywordEnd, blanks);
  if (line.charAt(at) === '=') at = skip(line, at + 1, blanks);
  const rest = line.slice(at);
  return { keyword, rest, words: splitWords(rest) ?? 'unbalanced' };
}

function closingQuote(line: string): number {
  const at = line.indexOf('"', 1);
  return at < 0 ? line.length : at;
}

function bareKeywordEnd(line: string): number {
  let at = 0;
  while (at < line.length && !' \t\r\n\f='.includes(line.charAt(at))) at++;
  return at;
}

/** Splits arguments; undefined when a quote is not closed. A comment ends them unless there are none. */
export function splitWords(
  text: string,
  { comments = true }: { readonly comments?: boolean } = {},
): string[] | undefined {
  const words: string[] = [];
  const endMark = comments ? '#' : undefined;
  let at = skip(text, 0, ' \t');
  while (at < text.length && text.charAt(at) !== endMark) {
    const word = readWord(text, at);
    if (word === undefined) return undefined;
    words.push(word.text);
    at = skip(text, word.end, ' \t');
  }
  return words;
}

function readWord(text: string, from: number): { readonly text: string; readonly end: number } | undefined {
  let quote = '';
  let word = '';
  let at = from;
  for (; at < text.length; at++) {
    const character = text.charAt(at);
    const following = text.charAt(at + 1);
    if (character === '\\' && isEscaped(following, quote)) {
      word += following;
      at++;
    } else if (quote === '' && (character === ' ' || character === '\t')) {
      break;
    } else if (quote === '' && (character === '"' || character === "'")) {
      quote = character;
    } else if (character === quote) {
      quote = '';
    } else {
      word += character;
    }
  }
  return quote === '' ? { text: word, end: at } : undefined;
}

function isEscaped(following: string, quote: string): boolean {
  return following === "'" || following === '"' || following === '\\' || (quote === '' && following === ' ');
}
