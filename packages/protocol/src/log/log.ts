// A typed sink for what an engine or a program wants said: the owner decides about levels, prefixes and where lines go.
// Lines that other tools match are in stable-lines.ts.

import { isEscapedByte } from '../wire/utf8.ts';

/** OpenSSH's levels, from quiet to loud. */
export const logLevels = ['fatal', 'error', 'info', 'verbose', 'debug1', 'debug2', 'debug3'] as const;
export type LogLevel = (typeof logLevels)[number];

/** LogLevel as configurations name it; with `none` nothing is said. */
export const levelNames: Readonly<Record<string, LogLevel | 'none'>> = {
  SILENT: 'none',
  QUIET: 'none',
  FATAL: 'fatal',
  ERROR: 'error',
  INFO: 'info',
  VERBOSE: 'verbose',
  DEBUG: 'debug1',
  DEBUG1: 'debug1',
  DEBUG2: 'debug2',
  DEBUG3: 'debug3',
};

/** Takes one line without its end; peer text in it is escaped already. */
export type LogSink = (level: LogLevel, line: string) => void;

/** Escapes control characters, backslashes and DEL of peer text as visible octal, so that no line can be forged. */
export function visible(text: string): string {
  return onOneLine(text.replaceAll('\\', '\\\\'));
}

/** Bytes of a peer, such as a file's name, as visible text: everything but printable ASCII becomes octal. */
export function visibleBytes(bytes: Uint8Array): string {
  let out = '';
  for (const byte of bytes) {
    if (byte === 0x5c) out += '\\\\';
    else if (byte >= 0x20 && byte < 0x7f) out += String.fromCharCode(byte);
    else out += `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return out;
}

/** Escapes control characters and DEL only: for a whole line whose parts have been made visible already. */
export function onOneLine(text: string): string {
  let out = '';
  for (const character of text) {
    const point = character.codePointAt(0) as number;
    const isControl = point < 0x20 || (point >= 0x7f && point < 0xa0);
    const hidden = isControl || point === 0xfffd || isEscapedByte(point);
    out += hidden ? `\\${(point & 0xff).toString(8).padStart(3, '0')}` : character;
  }
  return out;
}
