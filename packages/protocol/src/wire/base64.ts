// Base64 (RFC 4648 section 4) and hex. Decoding is strict: no blanks, no foreign characters, canonical padding.
// Not constant in time: keys that must be are not kept as text.

import { DecodeError } from './decode-error.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
const padCode = '='.charCodeAt(0);
const values = Int8Array.from({ length: 128 }, (_, code) => codes.indexOf(code));

/** Encodes bytes with padding. */
export function base64Encode(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const group = (a << 16) | (b << 8) | c;
    text += alphabet.charAt(group >> 18) + alphabet.charAt((group >> 12) & 63);
    text += at + 1 < bytes.length ? alphabet.charAt((group >> 6) & 63) : '=';
    text += at + 2 < bytes.length ? alphabet.charAt(group & 63) : '=';
  }
  return text;
}

/**
 * Decodes padded base64, given as text or, when it spells a secret that is to be wiped, as ASCII bytes.
 * @throws DecodeError
 */
export function base64Decode(text: string | Uint8Array): Uint8Array {
  if (text.length % 4 !== 0) throw new DecodeError('base64 length is not a multiple of four');
  const codeAt = typeof text === 'string' ? (i: number) => text.charCodeAt(i) : (i: number) => text[i] as number;
  const isPadding = (i: number): boolean => i >= 0 && codeAt(i) === padCode;
  const padding = !isPadding(text.length - 1) ? 0 : isPadding(text.length - 2) ? 2 : 1;
  const out = new Uint8Array((text.length / 4) * 3 - padding);
  const digits = text.length - padding;
  let group = 0;
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const value = i < digits ? digitOf(codeAt(i)) : 0;
    group = (group << 6) | value;
    if (i % 4 !== 3) continue;
    const spare = i === text.length - 1 ? padding : 0;
    if (spare > 0 && (group & (spare === 1 ? 0xff : 0xffff)) !== 0) throw new DecodeError('base64 padding hides bits');
    out[at++] = (group >> 16) & 0xff;
    if (spare < 2) out[at++] = (group >> 8) & 0xff;
    if (spare < 1) out[at++] = group & 0xff;
    group = 0;
  }
  return out;
}

function digitOf(code: number): number {
  const value = code < 128 ? (values[code] as number) : -1;
  if (value < 0) throw new DecodeError('character is not base64');
  return value;
}

/** Lower-case hexadecimal of the bytes. */
export function hexEncode(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}

/** Decodes hexadecimal of either case. @throws DecodeError */
export function hexDecode(text: string): Uint8Array {
  if (!/^(?:[0-9a-f]{2})*$/i.test(text)) throw new DecodeError('text is not hexadecimal');
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return out;
}
