// The sieve for candidates of safe primes: of the odd numbers from a base on, those that no small prime divides, nor
// divides twice them plus one. Remainders of the base are kept, as a worker sieves many stretches from one base.

/** The odd primes up to a limit. */
export function oddPrimes(limit: number): Uint32Array {
  const half = (limit + 1) >> 1;
  const composite = new Uint8Array(half);
  let count = 0;
  for (let i = 1; i < half; i++) {
    if (composite[i] === 1) continue;
    count++;
    const prime = 2 * i + 1;
    for (let at = (prime * prime - 1) / 2; at < half; at += prime) composite[at] = 1;
  }
  const primes = new Uint32Array(count);
  let at = 0;
  for (let i = 1; i < half; i++) if (composite[i] === 0) primes[at++] = 2 * i + 1;
  return primes;
}

export class CandidateSieve {
  readonly #primes: Uint32Array;
  readonly #remainders: Uint32Array;

  /** `limit` is below 2^26, so that products of two remainders are exact numbers. */
  constructor(base: bigint, limit: number) {
    this.#primes = oddPrimes(limit);
    this.#remainders = remaindersOf(base, this.#primes);
  }

  /** The i below `count` for which base + 2(from + i) is a candidate. */
  sieve(from: number, count: number): number[] {
    const divided = new Uint8Array(count);
    for (const [index, prime] of this.#primes.entries()) {
      const half = (prime + 1) / 2;
      const start = ((this.#remainders[index] as number) + ((2 * (from % prime)) % prime)) % prime;
      strike(divided, prime, mirrored(start * half, prime));
      const twice = (2 * start + 1) % prime;
      strike(divided, prime, mirrored(((twice * half) % prime) * half, prime));
    }
    const left: number[] = [];
    for (let i = 0; i < count; i++) if (divided[i] === 0) left.push(i);
    return left;
  }
}

/** -value modulo the prime. */
function mirrored(value: number, prime: number): number {
  const remainder = value % prime;
  return remainder === 0 ? 0 : prime - remainder;
}

function strike(divided: Uint8Array, prime: number, first: number): void {
  for (let at = first; at < divided.length; at += prime) divided[at] = 1;
}

/** Two primes at a time, as dividing the large number is what takes the time. */
function remaindersOf(base: bigint, primes: Uint32Array): Uint32Array {
  const remainders = new Uint32Array(primes.length);
  for (let i = 0; i < primes.length; i += 2) {
    const [a, b = 1] = primes.subarray(i, i + 2) as unknown as [number, number?];
    const both = Number(base % BigInt(a * b));
    remainders[i] = both % a;
    if (i + 1 < primes.length) remainders[i + 1] = both % b;
  }
  return remainders;
}
