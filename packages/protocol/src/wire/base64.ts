// Base64 (RFC 4648 section 4) and hex. Decoding is strict: no blanks, no foreign characters, canonical padding.
// Not constant in time: keys that must be are not kept as text.

import { asciiDecode, asciiEncode } from './ascii.ts';
import { DecodeError } from './decode-error.ts';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const codes = Uint8Array.from(alphabet, (character) => character.charCodeAt(0));
const padCode = '='.charCodeAt(0);
/** -1 for what is no digit. */
const values = Int8Array.from({ length: 256 }, (_, code) => codes.indexOf(code));

/** What engines have since ECMAScript 2026, several times as quick; declarations of this library's level lack it. */
interface EngineBase64 {
  fromBase64?(text: string, options: { readonly lastChunkHandling: 'strict' }): Uint8Array;
  readonly prototype: { toBase64?(this: Uint8Array): string };
}
const engine = Uint8Array as unknown as EngineBase64;

/** Encodes bytes with padding. */
export function base64Encode(bytes: Uint8Array): string {
  const encoded = engine.prototype.toBase64?.call(bytes);
  if (encoded !== undefined) return encoded;
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4);
  let at = 0;
  for (let from = 0; from < bytes.length; from += 3) {
    // Bytes behind the end count as zeros.
    const group = ((bytes[from] as number) << 16) | ((bytes[from + 1] as number) << 8) | (bytes[from + 2] as number);
    out[at++] = codes[group >> 18] as number;
    out[at++] = codes[(group >> 12) & 63] as number;
    out[at++] = from + 1 < bytes.length ? (codes[(group >> 6) & 63] as number) : padCode;
    out[at++] = from + 2 < bytes.length ? (codes[group & 63] as number) : padCode;
  }
  const text = asciiDecode(out);
  // It may spell a secret.
  out.fill(0);
  return text;
}

/**
 * Decodes padded base64, given as text or, when it spells a secret that is to be wiped, as ASCII bytes.
 * @throws DecodeError
 */
export function base64Decode(text: string | Uint8Array): Uint8Array {
  if (text.length % 4 !== 0) throw new DecodeError('base64 length is not a multiple of four');
  if (typeof text !== 'string') return decodeDigits(text);
  if (engine.fromBase64 !== undefined) return decodeByEngine(text);
  const digits = asciiEncode(text);
  if (digits === undefined) throw new DecodeError('character is not base64');
  return decodeDigits(digits);
}

function decodeByEngine(text: string): Uint8Array {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  try {
    const bytes = engine.fromBase64?.(text, { lastChunkHandling: 'strict' });
    // The engine passes over blanks: then there are fewer bytes than the text is long for.
    if (bytes?.length === (text.length / 4) * 3 - padding) return bytes;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DecodeError('character is not base64');
}

function decodeDigits(digits: Uint8Array): Uint8Array {
  const { length } = digits;
  const padding = length === 0 || digits[length - 1] !== padCode ? 0 : digits[length - 2] !== padCode ? 1 : 2;
  const out = new Uint8Array((length / 4) * 3 - padding);
  const whole = padding === 0 ? length : length - 4;
  let at = 0;
  for (let from = 0; from < whole; from += 4) {
    const group = groupOf(digits, from, 4);
    out[at++] = group >> 16;
    out[at++] = group >> 8;
    out[at++] = group;
  }
  if (padding === 0) return out;
  const last = groupOf(digits, whole, 4 - padding);
  if ((last & (padding === 1 ? 0xff : 0xffff)) !== 0) throw new DecodeError('base64 padding hides bits');
  out[at++] = last >> 16;
  if (padding === 1) out[at] = last >> 8;
  return out;
}

/** The bits of so many digits, from the top of 24. @throws DecodeError */
function groupOf(digits: Uint8Array, from: number, count: number): number {
  const a = values[digits[from] as number] as number;
  const b = values[digits[from + 1] as number] as number;
  const c = count > 2 ? (values[digits[from + 2] as number] as number) : 0;
  const d = count > 3 ? (values[digits[from + 3] as number] as number) : 0;
  if ((a | b | c | d) < 0) throw new DecodeError('character is not base64');
  return (a << 18) | (b << 12) | (c << 6) | d;
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
