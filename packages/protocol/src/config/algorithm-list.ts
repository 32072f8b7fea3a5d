// What a list of algorithms in a configuration leaves to work with: edited as OpenSSH edits it (algorithms/preference),
// names that only OpenSSH knows dropped. A configuration that is written for OpenSSH stays one for us as long as one
// name is left.

import { editAlgorithmList } from '../algorithms/preference.ts';
import type { FamilyNames } from './keyword.ts';

/** The names that a spec leaves, in order; none when it is malformed, names unknown things, or leaves nothing. */
export function usableAlgorithms(spec: string, { known, defaults, foreign = [] }: FamilyNames): readonly string[] {
  const edited = editAlgorithmList(spec, { defaults, known: [...known, ...foreign] }) ?? [];
  return edited.filter((name) => known.includes(name));
}

/** The names of a list as options hold it, edited already; none of an empty one. */
export function namesOfList(list: string | undefined): readonly string[] {
  return list === undefined || list === '' ? [] : list.split(',');
}
