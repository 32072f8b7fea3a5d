// Lines of files of moduli (moduli(5)): groups for Diffie-Hellman with their time, tests and generator. Candidates are
// primes q for which nobody has tested yet whether p = 2q + 1 is prime too; groups are such p.

export interface ModuliLine {
  /** YYYYMMDDHHMMSS in UTC. */
  readonly time: string;
  readonly type: number;
  readonly tests: number;
  readonly tries: number;
  /** Bits of the number, less one. */
  readonly size: number;
  readonly generator: number;
  readonly modulus: bigint;
}

export const moduliTypes = { unknown: 0, unstructured: 1, safe: 2, schnorr: 3, sophieGermain: 4, strong: 5 } as const;
/** Bits of the field `tests`. */
export const moduliTests = { composite: 1, sieve: 2, millerRabin: 4 } as const;

/** Longer numbers are no moduli; a line of any length costs no more than to look at its length. */
const maximumHexDigits = 16_384;

/** undefined for comments, empty lines and whatever is none. */
export function parseModuliLine(line: string): ModuliLine | undefined {
  if (line.length > maximumHexDigits + 100) return undefined;
  const match = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+([0-9a-f]+)\s+([0-9a-f]+)\s*$/i.exec(line);
  if (match === null) return undefined;
  const [, time = '', type, tests, tries, size, generator = '', modulus = ''] = match;
  return {
    time,
    type: Number(type),
    tests: Number(tests),
    tries: Number(tries),
    size: Number(size),
    generator: Number.parseInt(generator, 16),
    modulus: BigInt(`0x${modulus}`),
  };
}

/** The line without its end. */
export function formatModuliLine({ time, type, tests, tries, size, generator, modulus }: ModuliLine): string {
  const hex = modulus.toString(16).toUpperCase();
  return [time, type, tests, tries, size, generator.toString(16), hex].join(' ');
}
