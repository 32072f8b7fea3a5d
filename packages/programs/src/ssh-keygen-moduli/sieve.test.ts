import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFromBigint } from '@sallyport/protocol/wire/mpint';
import { main, Worker } from './main.ts';
import { allPassed, screenAnswer, screenRequest, sieveAnswer, sieveRequest } from './messages.ts';
import { CandidateSieve, oddPrimes } from './sieve.ts';

test('the odd primes are those that division finds', () => {
  const expected: number[] = [];
  for (let n = 3; n <= 1000; n += 2) {
    if (!expected.some((prime) => n % prime === 0)) expected.push(n);
  }
  assert.deepEqual([...oddPrimes(1000)], expected);
  assert.deepEqual([...oddPrimes(2)], []);
});

test('the sieve leaves what no small prime divides, neither q nor 2q + 1, from any offset', () => {
  const base = 0xf000_0000_0000_0000_0000_0001n;
  const limit = 500;
  const primes = [...oddPrimes(limit)].map(BigInt);
  const sieve = new CandidateSieve(base, limit);
  for (const [from, count] of [
    [0, 3000],
    [12_345_678, 3000],
  ] as const) {
    const expected: number[] = [];
    for (let i = 0; i < count; i++) {
      const q = base + 2n * BigInt(from + i);
      if (!primes.some((prime) => q % prime === 0n || (2n * q + 1n) % prime === 0n)) expected.push(i);
    }
    assert.deepEqual(sieve.sieve(from, count), expected);
    assert.ok(expected.length > 0);
  }
});

test('a worker tells how many tests a number stood', () => {
  const worker = new Worker();
  const passed = (q: bigint): number =>
    screenAnswer.decode(worker.answer(screenRequest.encode({ q: bytesFromBigint(q), trials: 20 }))).passed;
  assert.equal(passed(11n), allPassed, '23 is a safe prime');
  assert.equal(passed(13n), 1, '27 is no prime');
  assert.equal(passed(15n), 0);
  const asked = { base: bytesFromBigint(101n), from: 0, count: 10, limit: 10 };
  const { left } = sieveAnswer.decode(worker.answer(sieveRequest.encode(asked)));
  assert.deepEqual([...left], [0, 0, 0, 6]);
  assert.equal(typeof main, 'function');
});
