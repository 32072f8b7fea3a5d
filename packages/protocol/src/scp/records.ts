// The lines of the old copy protocol: C (file), D (folder), E (end of folder), T (times), and the answers 0, 1 and 2.
// Names are bytes; what could leave the target or change a terminal is refused here. Sentences are OpenSSH's.

import { concatBytes } from '../wire/bytes.ts';
import { utf8Encode } from '../wire/utf8.ts';

/** Longest line with its end that is looked at, as in OpenSSH. */
export const maximumRecordBytes = 16 * 1024;

/** Why an engine fails whose other side went away in the middle. */
export const lostConnection = 'lost connection';

/** Seconds since 1970. */
export interface EntryTimes {
  readonly modified: number;
  readonly accessed: number;
}

/** A file or folder as the other side offers it. */
export interface Entry {
  readonly name: Uint8Array;
  /** Permissions with setuid, setgid and sticky: 12 bits. */
  readonly mode: number;
  readonly times?: EntryTimes;
}

export type EntryRecord = { readonly type: 'file' | 'folder'; readonly entry: Entry; readonly sizeBytes: number };

export type ScpRecord =
  | EntryRecord
  | { readonly type: 'folder-end' }
  /** undefined when the times are beyond what can be set. */
  | { readonly type: 'times'; readonly times: EntryTimes | undefined }
  | { readonly type: 'bad'; readonly reason: string | Uint8Array }
  | { readonly type: 'unknown' };

const bad = (reason: string | Uint8Array): ScpRecord => ({ type: 'bad', reason });

/** Reads a line without its end. */
export function parseRecord(line: Uint8Array): ScpRecord {
  const text = asciiText(line);
  switch (text.charAt(0)) {
    case 'E':
      return { type: 'folder-end' };
    case 'T':
      return parseTimes(text);
    case 'C':
    case 'D':
      return parseEntry(text, line);
    default:
      return { type: 'unknown' };
  }
}

function parseTimes(text: string): ScpRecord {
  const [whole, modified = '', micros = '', accessed = '', accessedMicros = ''] =
    /^T(\d+)(?: (\d+)(?: (\d+)(?: (\d+))?)?)?/.exec(text) ?? [];
  if (whole === undefined) return bad('protocol error: mtime.sec not present');
  const numbers = [modified, micros, accessed, accessedMicros];
  const missing = numbers.indexOf('');
  if (missing >= 0) return bad(`protocol error: ${timeParts[missing - 1]} not delimited`);
  if (Number(micros) > 999_999) return bad('protocol error: mtime.usec not delimited');
  if (Number(accessedMicros) > 999_999 || whole !== text) return bad('protocol error: atime.usec not delimited');
  const times = { modified: Number(modified), accessed: Number(accessed) };
  const canBeSet = Number.isSafeInteger(times.modified) && Number.isSafeInteger(times.accessed);
  return { type: 'times', times: canBeSet ? times : undefined };
}

const timeParts = ['mtime.sec', 'mtime.usec', 'atime.sec'] as const;

function parseEntry(text: string, line: Uint8Array): ScpRecord {
  if (!/^.[0-7]{4}/.test(text)) return bad('protocol error: bad mode');
  if (text.charAt(5) !== ' ') return bad('protocol error: mode not delimited');
  const [, digits = ''] = /^(\d+)/.exec(text.slice(6)) ?? [];
  if (digits === '') return bad('protocol error: size not present');
  const nameAt = 6 + digits.length + 1;
  if (text.charAt(nameAt - 1) !== ' ') return bad('protocol error: size not delimited');
  const sizeBytes = Number(digits);
  if (!Number.isSafeInteger(sizeBytes)) return bad('protocol error: size out of range');
  const name = line.slice(nameAt);
  if (!isAcceptableName(name)) return bad(concatBytes(utf8Encode('error: unexpected filename: '), name));
  const type = text.charAt(0) === 'C' ? 'file' : 'folder';
  return { type, entry: { name, mode: Number.parseInt(text.slice(1, 5), 8) }, sizeBytes };
}

/** A name of one component that leads nowhere else and holds nothing that a terminal would act upon. */
function isAcceptableName(name: Uint8Array): boolean {
  if (name.length === 0 || (name.length < 3 && name.every((byte) => byte === dot))) return false;
  return !name.some((byte) => byte < 0x20 || byte === 0x7f || byte === slash);
}

const dot = 0x2e;
const slash = 0x2f;

function asciiText(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

export function formatEntry(type: 'file' | 'folder', entry: Entry, sizeBytes: number): Uint8Array {
  const mode = (entry.mode & 0o7777).toString(8).padStart(4, '0');
  const start = utf8Encode(`${type === 'file' ? 'C' : 'D'}${mode} ${sizeBytes} `);
  return concatBytes(start, encodeName(entry.name), lineEnd);
}

export function formatTimes({ modified, accessed }: EntryTimes): Uint8Array {
  return utf8Encode(`T${Math.max(0, modified)} 0 ${Math.max(0, accessed)} 0\n`);
}

export const folderEndRecord: Uint8Array = utf8Encode('E\n');

/** A newline would end the record: such a name travels as vis(3) writes it, as OpenSSH's does. */
function encodeName(name: Uint8Array): Uint8Array {
  if (!name.includes(newline)) return name;
  const encoded: number[] = [];
  for (const byte of name) {
    if (byte === backslash) encoded.push(backslash, backslash);
    else if (byte < 0x20 || byte === 0x7f) encoded.push(backslash, caret, byte ^ 0x40);
    else encoded.push(byte);
  }
  return Uint8Array.from(encoded);
}

const newline = 0x0a;
const backslash = 0x5c;
const caret = 0x5e;
const lineEnd = Uint8Array.of(newline);

/** The answer that all is well. */
export const goodAnswer: Uint8Array = Uint8Array.of(0);

/** The answer that something is not, after which the other side goes on. Line ends in it become spaces. */
export function formatProblem(problem: string | Uint8Array): Uint8Array {
  const text = typeof problem === 'string' ? utf8Encode(problem) : problem;
  const oneLine = text.slice(0, maximumRecordBytes / 2).map((byte) => (byte === newline ? 0x20 : byte));
  return concatBytes(Uint8Array.of(1), utf8Encode('scp: '), oneLine, lineEnd);
}
