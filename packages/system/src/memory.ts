// Strings and arrays between JavaScript and C. What is passed to C is one buffer with its own pointers inside, so that
// holding the argument holds everything that it points to.

import { utf8DecodeReversibly, utf8EncodeReversibly } from '@sallyport/protocol/wire/utf8';
import { addressOf, call } from './libc.ts';
import { errorNumber, SystemError } from './system-error.ts';

const zero = new Uint8Array(1);

/**
 * A string of C: UTF-8, or the bytes that were decoded reversibly, with a zero at the end. A zero inside is refused: C
 * would see a shorter string.
 */
export function cString(text: string): Buffer {
  if (text.includes('\0')) throw new SystemError('string with a zero byte', errorNumber('EINVAL'));
  return Buffer.from(utf8EncodeReversibly(`${text}\0`));
}

/** A path of C, whose bytes need not be text. A zero inside is refused. */
export function pathString(path: Uint8Array): Buffer {
  if (path.includes(0)) throw new SystemError('path with a zero byte', errorNumber('EINVAL'));
  return Buffer.concat([path, zero]);
}

/** The string of C at an address, decoded reversibly. */
export function stringAt(address: number): string {
  return utf8DecodeReversibly(bytesAt(address, call('strlen', address)));
}

/** A copy of memory that belongs to somebody else. */
export function bytesAt(address: number, length: number): Buffer {
  const copy = Buffer.alloc(length);
  if (length > 0) call('memcpy', copy, address, length);
  return copy;
}

/** The pointer at an offset of a structure. */
export function pointerIn(structure: Buffer, at: number): number {
  return Number(structure.readBigUInt64LE(at));
}

export function putPointer(structure: Buffer, at: number, address: number): void {
  structure.writeBigUInt64LE(BigInt(address), at);
}

/** The strings of C at an array of pointers that ends with null. */
export function stringsAt(address: number): string[] {
  const found: string[] = [];
  for (let at = address; ; at += 8) {
    const pointer = pointerIn(bytesAt(at, 8), 0);
    if (pointer === 0) return found;
    found.push(stringAt(pointer));
  }
}

/** argv or envp: pointers, a null, and behind them the strings; bytes are taken as they are. */
export function stringArray(texts: readonly (string | Uint8Array)[]): Buffer {
  const strings = texts.map((text) => (typeof text === 'string' ? cString(text) : pathString(text)));
  let at = (texts.length + 1) * 8;
  const whole = Buffer.alloc(strings.reduce((length, string) => length + string.length, at));
  const base = addressOf(whole);
  for (const [index, string] of strings.entries()) {
    putPointer(whole, index * 8, base + at);
    string.copy(whole, at);
    at += string.length;
  }
  return whole;
}
