// Names, paths and command lines are bytes in no particular character set. Inside programs they travel as byte strings:
// one character for each byte, so that they can be split, matched and joined as text and nothing is lost on the way.

import { readFileSync } from 'node:fs';

/** What the user or the runtime gave as text. */
export function byteString(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function byteStringOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

/** For the system and the server. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** For the calls of node:fs: Bun takes no empty Buffer for a path. */
export function pathOf(text: string): Buffer | string {
  return text === '' ? '' : bytesOf(text);
}

/** The text whose UTF-8 the bytes are; undefined when they are none. */
export function textOf(bytes: string): string | undefined {
  const text = bytesOf(bytes).toString('utf8');
  return byteString(text) === bytes ? text : undefined;
}

/**
 * The arguments of a program as byte strings. The runtimes give them as text, in which bytes that are no UTF-8 are
 * lost; where that has happened the system's own copy is read.
 */
export function argumentBytes(argv: readonly string[]): string[] {
  const system = argv.some((argument) => argument.includes('\ufffd')) ? systemArguments(argv.length) : undefined;
  return argv.map(
    (argument, index) => (argument.includes('\ufffd') ? system?.[index] : undefined) ?? byteString(argument),
  );
}

/** The last arguments of this process. */
function systemArguments(count: number): readonly string[] | undefined {
  try {
    const all = readFileSync('/proc/self/cmdline').toString('latin1').split('\0').slice(0, -1);
    return all.length < count ? undefined : all.slice(all.length - count);
  } catch {
    return undefined;
  }
}
