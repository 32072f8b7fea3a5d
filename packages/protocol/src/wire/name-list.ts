// Name-lists (RFC 4251 section 5): comma-separated US-ASCII names, none empty, none repeated by us.
// Which names are meant, and their order, is for the tables of algorithms.

import { DecodeError } from './decode-error.ts';

/** @throws DecodeError on an empty name, a control character or a byte above 126 */
export function parseNameList(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return [];
  let text = '';
  for (const byte of bytes) {
    if (byte <= 0x20 || byte >= 0x7f) throw new DecodeError('name-list has a character that names cannot have');
    text += String.fromCharCode(byte);
  }
  const names = text.split(',');
  if (names.includes('')) throw new DecodeError('name-list has an empty name');
  return names;
}
