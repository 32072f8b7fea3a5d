// Text armor around bytes: `-----BEGIN X-----`, headers, base64, `-----END X-----` (RFC 7468, RFC 1421 for headers) and
// its older relative with four dashes (RFC 4716). Read as bytes, so that what spells a secret can be wiped.

import { base64Decode, base64Encode } from '../../wire/base64.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Decode } from '../../wire/utf8.ts';

export interface ArmorStyle {
  readonly dashes: string;
  /** Base64 characters in a line. */
  readonly columns: number;
}

export const pemStyle: ArmorStyle = { dashes: '-----', columns: 64 };
export const rfc4716Style: ArmorStyle = { dashes: '---- ', columns: 70 };

export interface Armored {
  readonly label: string;
  readonly headers: ReadonlyMap<string, string>;
  /** The caller wipes it if it is secret. */
  readonly data: Uint8Array;
}

const maximumHeaders = 16;
const maximumHeaderLength = 1024;
const newline = 0x0a;
const carriageReturn = 0x0d;

const beginMark = ({ dashes }: ArmorStyle): string => `${dashes}BEGIN `;
const endOfLine = ({ dashes }: ArmorStyle): string => [...dashes].toReversed().join('');

/** The label of the first line, without reading further; undefined when that begins no armor. */
export function armorLabel(file: Uint8Array, style: ArmorStyle = pemStyle): string | undefined {
  const [line] = new Lines(file).next() ?? [];
  const [begin, end] = [beginMark(style), endOfLine(style)];
  if (line?.startsWith(begin) !== true || !line.endsWith(end)) return undefined;
  return line.slice(begin.length, line.length - end.length);
}

/** What follows the end line is not looked at. @throws DecodeError */
export function decodeArmor(file: Uint8Array, style: ArmorStyle = pemStyle): Armored {
  const label = armorLabel(file, style);
  if (label === undefined) throw new DecodeError('no begin line');
  const lines = new Lines(file);
  lines.next();
  const headers = readHeaders(lines);
  const digits = new Uint8Array(file.length);
  let count = 0;
  const endLine = `${style.dashes}END ${label}${endOfLine(style)}`;
  try {
    for (let line = lines.next(); ; line = lines.next()) {
      if (line === undefined) throw new DecodeError('no end line');
      const [text, bytes] = line;
      if (text === endLine) return { label, headers, data: base64Decode(digits.subarray(0, count)) };
      digits.set(bytes, count);
      count += bytes.length;
    }
  } finally {
    digits.fill(0);
  }
}

/** RFC 1421 section 4.6 and RFC 4716 section 3.3: `Name: value`; a backslash or leading blanks continue a value. */
function readHeaders(lines: Lines): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let count = 0; ; count++) {
    const [text = ''] = lines.peek() ?? [];
    const colon = text.indexOf(':');
    if (colon < 0) break;
    if (count === maximumHeaders) throw new DecodeError('too many headers');
    lines.next();
    let value = text.slice(colon + 1).trim();
    while (value.endsWith('\\')) {
      const [more] = lines.next() ?? [];
      if (more === undefined) throw new DecodeError('header ends early');
      value = value.slice(0, -1) + more;
      if (value.length > maximumHeaderLength) throw new DecodeError('header is too long');
    }
    if (text.length > maximumHeaderLength) throw new DecodeError('header is too long');
    headers.set(text.slice(0, colon).toLowerCase(), value);
  }
  if (headers.size > 0 && lines.peek()?.[0] === '') lines.next();
  return headers;
}

/** Lines of a text without blanks at their ends, each also as a view of its bytes. */
class Lines {
  readonly #file: Uint8Array;
  #at = 0;

  constructor(file: Uint8Array) {
    this.#file = file;
  }

  peek(): readonly [string, Uint8Array] | undefined {
    const at = this.#at;
    const line = this.next();
    this.#at = at;
    return line;
  }

  next(): readonly [string, Uint8Array] | undefined {
    if (this.#at >= this.#file.length) return undefined;
    let end = this.#at;
    while (end < this.#file.length && !isLineEnd(this.#file[end])) end++;
    const from = this.#at;
    let to = end;
    while (to > from && isBlank(this.#file[to - 1])) to--;
    const isPair = this.#file[end] === carriageReturn && this.#file[end + 1] === newline;
    this.#at = end + (isPair ? 2 : 1);
    const bytes = this.#file.subarray(from, to);
    // Longer lines are digits, which nobody looks at as text.
    return [bytes.length > maximumHeaderLength * 2 ? '' : utf8Decode(bytes), bytes];
  }
}

/** Files of other systems end their lines with either or both. */
function isLineEnd(code: number | undefined): boolean {
  return code === newline || code === carriageReturn;
}

function isBlank(code: number | undefined): boolean {
  return code === 0x20 || code === 0x09;
}

/** The text, final newline included. */
export function encodeArmor(
  { label, headers, data }: { readonly label: string; readonly headers?: readonly string[]; readonly data: Uint8Array },
  style: ArmorStyle = pemStyle,
): string {
  const { dashes, columns } = style;
  const end = endOfLine(style);
  const digits = base64Encode(data).match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  const lines = [`${dashes}BEGIN ${label}${end}`, ...(headers ?? []), ...digits, `${dashes}END ${label}${end}`];
  return `${lines.join('\n')}\n`;
}
