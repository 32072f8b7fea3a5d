// StrictModes: a file that decides who may log in must belong to the user or root, and neither it nor any folder
// above it up to the home (or the root) may be writable by anyone else. The check is made on the opened descriptor.

import * as fs from 'node:fs';
import * as path from 'node:path';

export type UnsafePath = { readonly what: 'file' | 'directory'; readonly path: string };

const otherWritable = 0o022;

function isSafe(stat: fs.Stats, uid: number): boolean {
  return (stat.uid === 0 || stat.uid === uid) && (stat.mode & otherWritable) === 0;
}

/**
 * What makes the file unsafe for that user, or undefined.
 * @param descriptor the opened file, so that what is checked is what is read
 */
export function unsafePart(
  descriptor: number,
  file: string,
  owner: { readonly uid: number; readonly home: string },
): UnsafePath | undefined {
  if (!isSafe(fs.fstatSync(descriptor), owner.uid)) return { what: 'file', path: file };
  const home = realPathOr(owner.home);
  let folder = path.dirname(fs.realpathSync(file));
  for (;;) {
    if (!isSafe(fs.statSync(folder), owner.uid)) return { what: 'directory', path: folder };
    const parent = path.dirname(folder);
    if (folder === home || parent === folder) return undefined;
    folder = parent;
  }
}

function realPathOr(folder: string): string {
  try {
    return fs.realpathSync(folder);
  } catch {
    return folder;
  }
}
