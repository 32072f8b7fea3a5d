// Patterns of file names as glob(7) has them: `*`, `?`, `[a-z]`, `[!a-z]`, `[[:digit:]]`, and a backslash before a
// character that stands for itself. One path component at a time: nothing here knows `/` or leading dots. Strings are
// compared unit by unit, so names that are bytes travel as one character a byte. Matching takes time of at most name
// length times pattern length.

export interface GlobPattern {
  /** Whether anything but literal characters is in it. */
  readonly hasWildcards: boolean;
  /** The only name that fits when there are no wildcards: escapes are gone. */
  readonly literal: string;
  matches(name: string): boolean;
}

export interface GlobPatternOptions {
  /** What turns a set round at its beginning: both characters unless told otherwise. The BSDs know only `!`. */
  readonly negation?: '!' | '!^';
}

type Part = '*' | ((character: string) => boolean);

export function parseGlobPattern(pattern: string, { negation = '!^' }: GlobPatternOptions = {}): GlobPattern {
  const parts: Part[] = [];
  let literal = '';
  let hasWildcards = false;
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at);
    const set = character === '[' ? parseSet(pattern, at + 1, negation) : undefined;
    if (set !== undefined || character === '*' || character === '?') hasWildcards = true;
    if (set !== undefined) {
      parts.push(set.includes);
      at = set.end;
    } else if (character === '*') parts.push('*');
    else if (character === '?') parts.push(() => true);
    else {
      const isEscape = character === '\\' && at + 1 < pattern.length;
      const wanted = isEscape ? pattern.charAt(++at) : character;
      literal += wanted;
      parts.push((one) => one === wanted);
    }
  }
  return { hasWildcards, literal, matches: (name) => matchesParts(name, parts) };
}

interface CharacterSet {
  readonly includes: (character: string) => boolean;
  /** Where its `]` stands. */
  readonly end: number;
}

const classes: Readonly<Record<string, RegExp>> = {
  alnum: /[0-9A-Za-z]/,
  alpha: /[A-Za-z]/,
  blank: /[ \t]/,
  cntrl: /[^ -~\x80-\u{10ffff}]/u,
  digit: /[0-9]/,
  graph: /[!-~]/,
  lower: /[a-z]/,
  print: /[ -~]/,
  punct: /[!-/:-@[-`{-~]/,
  space: /[ \t-\r]/,
  upper: /[A-Z]/,
  xdigit: /[0-9A-Fa-f]/,
};

/** What stands behind `[`; undefined when no `]` follows, and the bracket is literal then. */
function parseSet(pattern: string, start: number, negation: string): CharacterSet | undefined {
  const isNegated = start < pattern.length && negation.includes(pattern.charAt(start));
  const members: ((character: string) => boolean)[] = [];
  const first = isNegated ? start + 1 : start;
  for (let at = first; at < pattern.length; at++) {
    if (pattern.charAt(at) === ']' && at > first) {
      return { end: at, includes: (one) => members.some((has) => has(one)) !== isNegated };
    }
    const [whole, name = ''] = /^\[:([a-z]+):\]/.exec(pattern.slice(at, at + 12)) ?? [''];
    const named = classes[name];
    if (named !== undefined) {
      members.push((one) => named.test(one));
      at += whole.length - 1;
      continue;
    }
    if (pattern.charAt(at) === '\\' && at + 1 < pattern.length) at++;
    const from = pattern.charAt(at);
    const to = pattern.charAt(at + 1) === '-' && !/^(\]|$)/.test(pattern.charAt(at + 2)) ? pattern.charAt(at + 2) : '';
    members.push((one) => (to === '' ? one === from : one >= from && one <= to));
    if (to !== '') at += 2;
  }
  return undefined;
}

function matchesParts(name: string, parts: readonly Part[]): boolean {
  let at = 0;
  let part = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length) {
    const wanted = parts[part];
    if (wanted === '*') {
      star = part++;
      resume = at;
    } else if (wanted?.(name.charAt(at)) === true) {
      at++;
      part++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++resume;
    } else {
      return false;
    }
  }
  while (parts[part] === '*') part++;
  return part === parts.length;
}
