// File names by pattern as glob(3) gives them: `*`, `?` and `[a-z]` within one component, sorted; names that begin
// with a dot only by a pattern that does. Include of both configuration files uses it. A pattern without wildcards
// gives the name if such a file exists.

import { readdirSync, statSync } from 'node:fs';

/** Most names that one pattern may give. */
const maximumNames = 65_536;

/** The existing paths that fit an absolute pattern, in the order of their code units. */
export function glob(pattern: string): string[] {
  const components = pattern.split('/').filter((component) => component !== '');
  let paths = [''];
  for (const [index, component] of components.entries()) {
    const isLast = index === components.length - 1;
    paths = paths.flatMap((folder) =>
      hasWildcard(component) ? entries(folder, component) : literal(folder, component),
    );
    paths = paths.filter((path) => isLast || isFolder(path)).slice(0, maximumNames);
  }
  return paths.filter((path) => path !== '').sort();
}

function hasWildcard(component: string): boolean {
  return /[*?[]/.test(component);
}

function literal(folder: string, component: string): string[] {
  const path = `${folder}/${component.replace(/\\(.)/g, '$1')}`;
  return statSync(path, { throwIfNoEntry: false }) === undefined ? [] : [path];
}

function entries(folder: string, component: string): string[] {
  const parts = parsePattern(component);
  try {
    const names = readdirSync(folder === '' ? '/' : folder);
    const visible = names.filter((name) => !name.startsWith('.') || component.startsWith('.'));
    return visible.filter((name) => matchesName(name, parts)).map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

type Part = '*' | ((character: string) => boolean);

function parsePattern(component: string): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < component.length; at++) {
    const character = component.charAt(at);
    const close = character === '[' ? component.indexOf(']', at + 2) : -1;
    if (character === '*') parts.push('*');
    else if (character === '?') parts.push(() => true);
    else if (close > 0) {
      parts.push(characterClass(component.slice(at + 1, close)));
      at = close;
    } else {
      const wanted = character === '\\' ? component.charAt(++at) : character;
      parts.push((one) => one === wanted);
    }
  }
  return parts;
}

function characterClass(body: string): (character: string) => boolean {
  const negated = /^[!^]/.test(body);
  const ranges: (readonly [string, string])[] = [];
  for (let at = negated ? 1 : 0; at < body.length; at++) {
    const from = body.charAt(at);
    const isRange = body.charAt(at + 1) === '-' && at + 2 < body.length;
    ranges.push([from, isRange ? body.charAt(at + 2) : from]);
    if (isRange) at += 2;
  }
  return (character) => ranges.some(([from, to]) => character >= from && character <= to) !== negated;
}

// Time of at most name length times pattern length.
function matchesName(name: string, parts: readonly Part[]): boolean {
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
