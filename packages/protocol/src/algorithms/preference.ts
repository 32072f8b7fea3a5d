// The lists of algorithms that options give: `Ciphers`, `MACs`, `KexAlgorithms`, `HostKeyAlgorithms` and their kin,
// which may replace a default list or change it by `+`, `-` and `^` (ssh_config(5)), with wildcards.

import { matchPattern } from '../wire/patterns.ts';

/** What a list of names is edited with: the default list, and every name that exists, in the table's order. */
export interface KnownAlgorithms {
  readonly defaults: readonly string[];
  readonly known: readonly string[];
}

/**
 * The names that an option's value means: `a,b` these; `+a` the defaults and these; `-a*` the defaults without those
 * that match; `^a` these before the defaults. Wildcards stand for every known name that they match. undefined when a
 * name is unknown (but not after `-`) or nothing is left.
 */
export function editAlgorithmList(spec: string, { defaults, known }: KnownAlgorithms): string[] | undefined {
  const sign = /^[+^-]/.exec(spec)?.[0] ?? '';
  const patterns = spec.slice(sign.length).split(',');
  if (sign === '-') {
    const left = defaults.filter((name) => !patterns.some((pattern) => matchPattern(name, pattern)));
    return left.length === 0 ? undefined : left;
  }
  const named: string[] = [];
  for (const pattern of patterns) {
    const matching = known.filter((name) => matchPattern(name, pattern));
    if (matching.length === 0) return undefined;
    named.push(...matching);
  }
  const joined = sign === '+' ? [...defaults, ...named] : sign === '^' ? [...named, ...defaults] : named;
  return [...new Set(joined)];
}
