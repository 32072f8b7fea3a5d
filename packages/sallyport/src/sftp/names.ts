// Paths and names as bytes: what this library takes as text is UTF-8, what a server sends may be anything. The rules
// for names of a server that become names of ours are here.

import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Decode, utf8Encode } from '@sallyport/protocol/wire/utf8';

/** A path: text as UTF-8, or bytes as they are. */
export type SftpPath = string | Uint8Array;

const slash = 0x2f;
const dot = 0x2e;

export function pathBytes(path: SftpPath): Uint8Array {
  return typeof path === 'string' ? utf8Encode(path) : path;
}

/** For people: bytes that are no UTF-8 become U+FFFD. */
export function pathText(path: Uint8Array): string {
  return utf8Decode(path);
}

/** `.` or `..`, which every folder has. */
export function isDotName(name: Uint8Array): boolean {
  return (name.length === 1 || name.length === 2) && name.every((byte) => byte === dot);
}

/** Whether a name stays in the folder it is put into: it is not empty, not `.` or `..`, and has no `/` and no NUL. */
export function isSafeName(name: Uint8Array): boolean {
  return name.length > 0 && !isDotName(name) && !name.includes(slash) && !name.includes(0);
}

/** A name below a folder; an empty folder is the current one. */
export function joinPath(folder: Uint8Array, name: Uint8Array): Uint8Array {
  if (folder.length === 0) return name;
  return folder.at(-1) === slash ? concatBytes(folder, name) : concatBytes(folder, Uint8Array.of(slash), name);
}

/** The last component, without slashes at the end; empty for `/`. */
export function baseName(path: Uint8Array): Uint8Array {
  let end = path.length;
  while (end > 0 && path[end - 1] === slash) end--;
  return path.subarray(path.lastIndexOf(slash, end - 1) + 1, end);
}
