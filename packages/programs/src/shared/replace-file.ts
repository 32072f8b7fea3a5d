// Writes a file as a whole or not at all: into a new file beside it, which then takes its name. A symbolic link at the
// name is replaced, never followed; only names below /dev and /proc (`/dev/stdout`) are opened as they are.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';

export interface ReplaceOptions {
  /** Permissions of the new file; the umask applies. */
  readonly mode: number;
  /** Whether the contents are on the disk when the call returns; so unless told. */
  readonly mustEndure?: boolean;
}

const createNew = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Gives the file new contents; its owner stays where we may say so. Throws the error of node:fs. */
export function replaceFile(path: string, contents: string | Uint8Array, options: ReplaceOptions): void {
  const { mode, mustEndure = true } = options;
  const bytes = typeof contents === 'string' ? Buffer.from(contents, 'utf8') : contents;
  if (/^\/(?:dev\/(?!shm\/)|proc\/)/.test(path)) {
    writeThrough(openSync(path, constants.O_WRONLY), bytes, false);
    return;
  }
  const owner = ownerOf(path);
  const unfinished = `${path}.${randomBytes(8).toString('hex')}`;
  const fd = openSync(unfinished, createNew, mode);
  try {
    if (owner !== undefined) fchownSync(fd, owner.uid, owner.gid);
    writeThrough(fd, bytes, mustEndure);
    renameSync(unfinished, path);
  } catch (error) {
    unlinkSync(unfinished);
    throw error;
  }
}

/** The owner that a file should keep, when root rewrites somebody else's. */
function ownerOf(path: string): { readonly uid: number; readonly gid: number } | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const status = lstatSync(path, { throwIfNoEntry: false });
  return status?.isFile() === true ? { uid: status.uid, gid: status.gid } : undefined;
}

function writeThrough(fd: number, bytes: Uint8Array, mustEndure: boolean): void {
  try {
    for (let rest = bytes; rest.length > 0; ) rest = rest.subarray(writeSync(fd, rest));
    if (mustEndure && fstatSync(fd).isFile()) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
