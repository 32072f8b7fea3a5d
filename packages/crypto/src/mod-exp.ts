// Finite-field Diffie-Hellman (RFC 4253 section 8, RFC 4419) over BigInt with a window of four bits: the runtimes' own
// DiffieHellman tests the prime at every construction, for seconds. Not constant-time, so for ephemeral exponents,
// and for keys that are converted and not used.

import { bigintFromBytes, bytesFromBigint } from '@sallyport/protocol/wire/mpint';

/** base^exponent mod modulus, as long as the modulus. @throws RangeError for a modulus below 2 */
export function modExp(base: Uint8Array, exponent: Uint8Array, modulus: Uint8Array): Uint8Array {
  const m = bigintFromBytes(modulus);
  if (m < 2n) throw new RangeError('modulus is below 2');
  const powers = [1n, bigintFromBytes(base) % m];
  for (let i = 2; i < 16; i++) powers.push(((powers[i - 1] as bigint) * (powers[1] as bigint)) % m);
  let result = 1n;
  for (const byte of exponent) {
    for (const digit of [byte >> 4, byte & 15]) {
      for (let i = 0; i < 4; i++) result = (result * result) % m;
      result = (result * (powers[digit] as bigint)) % m;
    }
  }
  return bytesFromBigint(result, modulus.length);
}
