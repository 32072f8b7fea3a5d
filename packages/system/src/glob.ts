// File names by pattern as glob(3) gives them: `*`, `?` and `[a-z]` within one component, sorted; names that begin
// with a dot only by a pattern that does. Include of both configuration files uses it. A pattern without wildcards
// gives the name if such a file exists.

import { readdirSync, statSync } from 'node:fs';
import type { GlobPattern } from '@sallyport/protocol/wire/glob-pattern';
import { parseGlobPattern } from '@sallyport/protocol/wire/glob-pattern';

/** Most names that one pattern may give. */
const maximumNames = 65_536;

/** The existing paths that fit an absolute pattern, in the order of their code units. */
export function glob(pattern: string): string[] {
  const components = pattern.split('/').filter((component) => component !== '');
  let paths = [''];
  for (const [index, component] of components.entries()) {
    const isLast = index === components.length - 1;
    const parsed = parseGlobPattern(component);
    paths = paths.flatMap((folder) =>
      parsed.hasWildcards ? entries(folder, component, parsed) : literal(folder, parsed),
    );
    paths = paths.filter((path) => isLast || isFolder(path)).slice(0, maximumNames);
  }
  return paths.filter((path) => path !== '').sort();
}

function literal(folder: string, parsed: GlobPattern): string[] {
  const path = `${folder}/${parsed.literal}`;
  return statSync(path, { throwIfNoEntry: false }) === undefined ? [] : [path];
}

function entries(folder: string, component: string, parsed: GlobPattern): string[] {
  try {
    const names = readdirSync(folder === '' ? '/' : folder);
    const visible = names.filter((name) => !name.startsWith('.') || component.startsWith('.'));
    return visible.filter((name) => parsed.matches(name)).map((name) => `${folder}/${name}`);
  } catch {
    return [];
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
