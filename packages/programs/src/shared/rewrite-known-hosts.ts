// Gives a file of known hosts new lines: the old contents stay as FILE.old, and the new ones are whole before they take
// the name. Lines are strings of one character a byte, so that nothing is changed by reading and writing.

import { linkSync, readFileSync, rmSync, statSync } from 'node:fs';
import { replaceFile } from './replace-file.ts';

export interface KnownHostsFile {
  readonly path: string;
  /** Permissions that a new version gets. */
  readonly mode: number;
  readonly lines: readonly string[];
}

/** Throws the error of node:fs. */
export function readKnownHostsFile(path: string): KnownHostsFile {
  const { mode } = statSync(path);
  const lines = readFileSync(path, 'latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return { path, mode: mode & 0o644, lines };
}

/** Gives back the name under which the old contents stay. Throws the error of node:fs. */
export function rewriteKnownHostsFile({ path, mode }: KnownHostsFile, lines: readonly string[]): string {
  const old = `${path}.old`;
  rmSync(old, { force: true });
  linkSync(path, old);
  replaceFile(path, Buffer.from(lines.map((line) => `${line}\n`).join(''), 'latin1'), { mode });
  return old;
}
