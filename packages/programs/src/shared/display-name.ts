// A file name on its way to a terminal: bytes that are no printable text become octal escapes, and widths are counted
// in columns, so that lines can be cut and padded. Half of a wide character is never shown.

import { utf8Decode } from '@sallyport/protocol/wire/utf8';

/** Whether text that is not ASCII can be shown: the locale's character set, as setlocale(3) finds it. */
export function showsUtf8(environment: Readonly<Record<string, string | undefined>>): boolean {
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || 'C';
  return /\.utf-?8(@|$)/i.test(locale);
}

/** The name as it may be shown: `\ooo` for each byte that is invalid, unassigned, or of a control character. */
export function displayName(name: Uint8Array, isUtf8: boolean): string {
  let shown = '';
  for (let at = 0; at < name.length; ) {
    const sequence = name.subarray(at, at + (isUtf8 ? sequenceLength(name[at] as number) : 1));
    const character = utf8Decode(sequence);
    const isBroken = character.includes('\ufffd');
    // The second byte of a sequence that is no character may begin one.
    const bytes = isBroken ? sequence.subarray(0, 1) : sequence;
    shown += isBroken || /[\p{C}\p{Zl}\p{Zp}]/u.test(character) ? octal(bytes) : character;
    at += bytes.length;
  }
  return shown;
}

function octal(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}

function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** The text cut to a number of columns and filled up with spaces. */
export function fitToColumns(text: string, columns: number): string {
  let fitted = '';
  let used = 0;
  for (const character of text) {
    const width = columnsOf(character);
    if (used + width > columns) break;
    fitted += character;
    used += width;
  }
  return fitted + ' '.repeat(columns - used);
}

/** The columns that a text takes; its characters are printable. */
export function displayColumns(text: string): number {
  let columns = 0;
  for (const character of text) columns += columnsOf(character);
  return columns;
}

function columnsOf(character: string): number {
  const point = character.codePointAt(0) as number;
  if (point < 0x300) return 1;
  if (/\p{M}/u.test(character) && !/\p{Mc}/u.test(character)) return 0;
  if (/\p{Emoji_Presentation}/u.test(character)) return 2;
  return wideRanges.some(([first, last]) => point >= first && point <= last) ? 2 : 1;
}

// Unicode's East_Asian_Width W and F, in ranges; unassigned points between do not matter.
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1aff0, 0x1b2ff],
  [0x1f200, 0x1f2ff],
  [0x20000, 0x3fffd],
];
