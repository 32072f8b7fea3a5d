import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bigintFromBytes, bytesFromBigint } from '@sallyport/protocol/wire/mpint';
import { modExp } from './mod-exp.ts';

// The 2048-bit group of RFC 3526 section 3, from its definition: 2^2048 - 2^1984 - 1 + 2^64 (floor(2^1918 pi) +
// 124476).
function group14(): bigint {
  const bits = 1918n;
  const one = 1n << (bits + 64n);
  const arctan = (divisor: bigint): bigint => {
    let sum = 0n;
    for (let power = one / divisor, k = 1n; power !== 0n; power /= -divisor * divisor, k += 2n) sum += power / k;
    return sum;
  };
  const pi = (4n * (4n * arctan(5n) - arctan(239n))) >> 64n;
  return (1n << 2048n) - (1n << 1984n) - 1n + (1n << 64n) * (pi + 124476n);
}

test('modExp agrees with plain square and multiply for small numbers', () => {
  for (const [base, exponent, modulus] of [
    [0, 0, 2],
    [2, 10, 1023],
    [3, 255, 256],
    [7, 65537, 99991],
    [500, 3, 7],
  ]) {
    let expected = 1n;
    for (let i = 0; i < (exponent as number); i++)
      expected = (expected * BigInt(base as number)) % BigInt(modulus as number);
    const bytes = (value: number | undefined): Uint8Array => bytesFromBigint(BigInt(value as number));
    assert.equal(
      bigintFromBytes(modExp(bytes(base), bytes(exponent), bytes(modulus))),
      expected % BigInt(modulus as number),
    );
  }
});

test('modExp gives both sides the same secret, as long as the modulus (RFC 4253 section 8)', () => {
  const p = bytesFromBigint(group14());
  assert.equal(p.length, 256);
  const g = Uint8Array.of(2);
  const x = Uint8Array.from({ length: 64 }, (_, i) => (i * 37 + 11) & 0xff);
  const y = Uint8Array.from({ length: 64 }, (_, i) => (i * 91 + 200) & 0xff);
  const e = modExp(g, x, p);
  const f = modExp(g, y, p);
  const secret = modExp(f, x, p);
  assert.equal(secret.length, 256);
  assert.deepEqual(secret, modExp(e, y, p));
});

test('modExp satisfies Fermat for the group of RFC 3526 section 3, which a wrong window would break', () => {
  const p = group14();
  const result = modExp(Uint8Array.of(5), bytesFromBigint(p - 1n), bytesFromBigint(p));
  assert.equal(bigintFromBytes(result), 1n);
});

test('modExp throws for a modulus that is no modulus', () => {
  assert.throws(() => modExp(Uint8Array.of(2), Uint8Array.of(2), Uint8Array.of(1)), RangeError);
  assert.throws(() => modExp(Uint8Array.of(2), Uint8Array.of(2), new Uint8Array(8)), RangeError);
});
