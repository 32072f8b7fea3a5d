// What a server may send when a path was asked for: the shell over there expands the path, and here the last component
// of what it may become is compared with the names that come (CVE-2019-6111). Braces as a shell expands them, then
// patterns as glob(7). Paths are strings of one character a byte.

import { parseGlobPattern } from '../wire/glob-pattern.ts';

/** Most paths that braces may stand for. */
const maximumExpansions = 4096;

/** Whether a name fits; undefined when the braces stand for too many paths. */
export function requestedNames(path: string): ((name: Uint8Array) => boolean) | undefined {
  const paths = expandBraces(path);
  if (paths === undefined) return undefined;
  const literals = new Set<string>();
  const patterns = new Map(paths.map((one) => [lastComponent(one), parseGlobPattern(lastComponent(one))]));
  for (const [literal, pattern] of patterns) {
    literals.add(literal);
    if (!pattern.hasWildcards) literals.add(pattern.literal);
  }
  const wild = [...patterns.values()].filter((pattern) => pattern.hasWildcards);
  return (name) => {
    const text = byteString(name);
    return literals.has(text) || wild.some((pattern) => pattern.matches(text));
  };
}

/** Whether the shell over there may make something of the path that cannot be foreseen here. */
export function dependsOnShell(path: string): boolean {
  return /[$`'"\\]|^~[^/]*\/*$/.test(path);
}

function lastComponent(path: string): string {
  const trimmed = path.replace(/\/+$/, '');
  return trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

function byteString(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** `a{b,c}d` gives `abd` and `acd`; what is not balanced, `{}` and `{x}` stand for themselves. */
export function expandBraces(path: string): readonly string[] | undefined {
  const done: string[] = [];
  const open: { readonly text: string; readonly from: number }[] = [{ text: path, from: 0 }];
  while (open.length > 0) {
    const { text, from } = open.pop() as (typeof open)[number];
    const group = findGroup(text, from);
    if (group === undefined) done.push(text);
    else if (group.choices.length < 2) open.push({ text, from: group.start + 1 });
    else {
      const [before, after] = [text.slice(0, group.start), text.slice(group.end + 1)];
      const expanded = group.choices.map((choice) => ({ text: before + choice + after, from: group.start }));
      open.push(...expanded.reverse());
    }
    if (done.length + open.length > maximumExpansions) return undefined;
  }
  return done;
}

interface Group {
  readonly start: number;
  readonly end: number;
  readonly choices: readonly string[];
}

/** The first balanced group from a position on. */
function findGroup(text: string, from: number): Group | undefined {
  for (let start = from; start < text.length; start++) {
    if (text.charAt(start) === '\\') start++;
    else if (text.charAt(start) === '{') {
      const group = readGroup(text, start);
      if (group !== undefined) return group;
    }
  }
  return undefined;
}

function readGroup(text: string, start: number): Group | undefined {
  const choices: string[] = [];
  let depth = 0;
  let choiceAt = start + 1;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '\\') at++;
    else if (character === '{') depth++;
    else if (character === ',' && depth === 1) {
      choices.push(text.slice(choiceAt, at));
      choiceAt = at + 1;
    } else if (character === '}' && --depth === 0) {
      return { start, end: at, choices: [...choices, text.slice(choiceAt, at)] };
    }
  }
  return undefined;
}
