// The names of a directory as bytes and a part at a time, getdents64(2): a directory of a million names costs no more
// memory than one of ten. `.` and `..` are among them.

import { check } from './libc.ts';

/** Room for a part: some 1,000 names of usual length. */
const partBytes = 32 * 1024;

// struct linux_dirent64: inode, offset, length of the entry, type, name with a zero at its end.
const lengthAt = 16;
const nameAt = 19;

/** The next names of a directory that is open; empty at its end. */
export function nextNames(fd: number): Uint8Array[] {
  const part = Buffer.alloc(partBytes);
  const length = check('getdents64', fd, part, part.length);
  const names: Uint8Array[] = [];
  for (let at = 0; at < length; ) {
    const end = at + part.readUInt16LE(at + lengthAt);
    names.push(part.subarray(at + nameAt, part.indexOf(0, at + nameAt)));
    at = end;
  }
  return names;
}
