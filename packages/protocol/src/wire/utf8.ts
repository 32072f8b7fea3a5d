// UTF-8 (RFC 3629) between strings and bytes, without the platform's TextEncoder, which this package cannot name.
// Decoding is lossy for malformed input (U+FFFD); the reversible pair keeps malformed bytes apart as lone surrogates,
// for names that are compared and written again.

import { asciiDecode, asciiEncode, isAscii } from './ascii.ts';
import { concatBytes } from './bytes.ts';

const replacement = 0xfffd;
/** A malformed byte stands as this plus itself: a surrogate that well-formed text cannot hold alone. */
const firstEscape = 0xdc00;

/** Whether utf8DecodeReversibly() made this code point of a byte that is no UTF-8. */
export function isEscapedByte(point: number): boolean {
  return point >= firstEscape + 0x80 && point <= firstEscape + 0xff;
}

/** Encodes a string as UTF-8; lone surrogates become U+FFFD. */
export function utf8Encode(text: string): Uint8Array {
  return asciiEncode(text) ?? encodeWide(text);
}

function encodeWide(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 3);
  let at = 0;
  for (const character of text) {
    let point = character.codePointAt(0) as number;
    if (point >= 0xd800 && point <= 0xdfff) point = replacement;
    if (point < 0x80) out[at++] = point;
    else if (point < 0x800) {
      out[at++] = 0xc0 | (point >> 6);
      out[at++] = 0x80 | (point & 0x3f);
    } else if (point < 0x10000) {
      out[at++] = 0xe0 | (point >> 12);
      out[at++] = 0x80 | ((point >> 6) & 0x3f);
      out[at++] = 0x80 | (point & 0x3f);
    } else {
      out[at++] = 0xf0 | (point >> 18);
      out[at++] = 0x80 | ((point >> 12) & 0x3f);
      out[at++] = 0x80 | ((point >> 6) & 0x3f);
      out[at++] = 0x80 | (point & 0x3f);
    }
  }
  return out.slice(0, at);
}

interface DecodedPoint {
  readonly point: number;
  readonly length: number;
}

function malformed(length: number): DecodedPoint {
  return { point: -1, length };
}

function decodePoint(bytes: Uint8Array, at: number): DecodedPoint {
  const first = bytes[at] as number;
  if (first < 0x80) return { point: first, length: 1 };
  const more =
    first >= 0xc2 && first < 0xe0 ? 1 : first >= 0xe0 && first < 0xf0 ? 2 : first >= 0xf0 && first < 0xf5 ? 3 : 0;
  if (more === 0) return malformed(1);
  let point = first & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const next = bytes[at + i];
    if (next === undefined || (next & 0xc0) !== 0x80) return malformed(i);
    point = (point << 6) | (next & 0x3f);
    if (i === 1 && !secondByteFits(first, next)) return malformed(1);
  }
  return { point, length: more + 1 };
}

// RFC 3629 section 4: overlong forms, surrogates and points above U+10FFFF show in the second byte.
function secondByteFits(first: number, second: number): boolean {
  if (first === 0xe0) return second >= 0xa0;
  if (first === 0xed) return second < 0xa0;
  if (first === 0xf0) return second >= 0x90;
  if (first === 0xf4) return second < 0x90;
  return true;
}

/** Decodes UTF-8; each malformed sequence becomes one U+FFFD. */
export function utf8Decode(bytes: Uint8Array): string {
  return decodeWith(bytes, (points) => points.push(replacement));
}

/** Decodes UTF-8; each byte of a malformed sequence becomes a lone surrogate, so that no two inputs look the same. */
export function utf8DecodeReversibly(bytes: Uint8Array): string {
  return decodeWith(bytes, (points, sequence) => {
    for (const byte of sequence) points.push(firstEscape + byte);
  });
}

/** The bytes that utf8DecodeReversibly() was given. */
export function utf8EncodeReversibly(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text)) return utf8Encode(text);
  const parts: Uint8Array[] = [];
  for (const [piece] of text.matchAll(/[\udc80-\udcff]|[^\udc80-\udcff]+/gu)) {
    const point = piece.codePointAt(0) as number;
    parts.push(piece.length === 1 && isEscapedByte(point) ? Uint8Array.of(point - firstEscape) : utf8Encode(piece));
  }
  return concatBytes(...parts);
}

function decodeWith(bytes: Uint8Array, replace: (points: number[], sequence: Uint8Array) => void): string {
  if (isAscii(bytes)) return asciiDecode(bytes);
  let text = '';
  let points: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { point, length } = decodePoint(bytes, at);
    if (point < 0) replace(points, bytes.subarray(at, at + length));
    else points.push(point);
    at += length;
    if (points.length >= 4096) {
      text += String.fromCodePoint(...points);
      points = [];
    }
  }
  return text + String.fromCodePoint(...points);
}
