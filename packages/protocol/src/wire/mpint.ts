// Multiple precision integers (RFC 4251 section 5): two's complement, big endian, minimal. SSH carries no negative
// numbers where we read them, so decoding refuses them.

import { hexDecode, hexEncode } from './base64.ts';
import { DecodeError } from './decode-error.ts';

/** The unsigned number that big-endian bytes spell; empty is 0. */
export function bigintFromBytes(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${hexEncode(bytes)}`);
}

/**
 * Big-endian bytes of an unsigned number, minimal, or left-padded to `lengthBytes`. @throws RangeError if it does not
 * fit
 */
export function bytesFromBigint(value: bigint, lengthBytes?: number): Uint8Array {
  if (value < 0n) throw new RangeError('negative number');
  const hex = value === 0n ? '' : value.toString(16);
  const bytes = hexDecode(hex.length % 2 === 1 ? `0${hex}` : hex);
  if (lengthBytes === undefined) return bytes;
  if (bytes.length > lengthBytes) throw new RangeError('number is longer than its field');
  const padded = new Uint8Array(lengthBytes);
  padded.set(bytes, lengthBytes - bytes.length);
  return padded;
}

/** Body of an mpint (without its length) from unsigned big-endian bytes: leading zeros dropped, sign octet added. */
export function mpintBody(magnitude: Uint8Array): Uint8Array {
  let start = 0;
  while (start < magnitude.length && magnitude[start] === 0) start++;
  const minimal = magnitude.subarray(start);
  if (minimal.length === 0 || (minimal[0] as number) < 0x80) return minimal;
  const signed = new Uint8Array(minimal.length + 1);
  signed.set(minimal, 1);
  return signed;
}

/** Unsigned magnitude of an mpint body. @throws DecodeError if negative or not minimal */
export function mpintMagnitude(body: Uint8Array): Uint8Array {
  if (body.length === 0) return body;
  const [first, second] = body;
  if ((first as number) >= 0x80) throw new DecodeError('negative mpint');
  if (first !== 0) return body;
  if (second === undefined || second < 0x80) throw new DecodeError('mpint is not minimal');
  return body.subarray(1);
}
