// From a line of candidates to the group that it makes if the tests say so: p from q where the line has q, its size
// checked, its generator guessed, and what has no generator or another than wanted left out.

import type { ModuliLine } from '@sallyport/protocol/algorithms/moduli';
import { moduliTests, moduliTypes, parseModuliLine } from '@sallyport/protocol/algorithms/moduli';

const minimumSize = 511;

export interface Wanted {
  readonly trials: number;
  /** undefined: any. */
  readonly generator: number | undefined;
}

/** undefined for a line that is none, or of no use. */
export function candidateOf(line: string, { trials, generator }: Wanted): ModuliLine | undefined {
  const parsed = parseModuliLine(line);
  if (parsed === undefined || (parsed.tests & moduliTests.composite) !== 0) return undefined;
  const isQ = parsed.type === moduliTypes.sophieGermain;
  if (!isQ && (parsed.type > moduliTypes.strong || parsed.type < moduliTypes.unknown)) return undefined;
  const modulus = isQ ? 2n * parsed.modulus + 1n : parsed.modulus;
  const size = isQ ? parsed.size + 1 : parsed.size;
  if (size < minimumSize || modulus >> BigInt(size) !== 1n || modulus % 2n === 0n) return undefined;
  const known = !isQ && parsed.generator > 0 ? parsed.generator : guessGenerator(modulus);
  if (known === 0 || (generator !== undefined && generator !== known)) return undefined;
  const tries = (parsed.tests & moduliTests.millerRabin) === 0 ? trials : parsed.tries + trials;
  const tests = parsed.tests | moduliTests.millerRabin;
  return { ...parsed, type: moduliTypes.safe, tests, tries, size, generator: known, modulus };
}

/** 2 or 5 where the number tells by its remainder that they generate the group; else 0. */
function guessGenerator(p: bigint): number {
  if (p % 24n === 11n) return 2;
  const last = p % 10n;
  return last === 3n || last === 7n ? 5 : 0;
}
