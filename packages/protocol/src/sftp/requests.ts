// The requests that a server knows, extensions included, one row each in OpenSSH's order: the name that `-Q requests`
// prints and `-p` and `-P` take, and whether the request changes something, which a read-only server refuses.

import type { ExtensionKey } from './extensions.ts';
import type { RequestName } from './packets.ts';

/** What a request asks for: the kind of its packet, or the extension. */
export type SftpRequestKey = Exclude<RequestName, 'extended'> | ExtensionKey;

export interface RequestRow {
  readonly name: string;
  readonly changes: boolean;
}

export const requestTable: Readonly<Record<SftpRequestKey, RequestRow>> = {
  // What is opened for reading changes nothing; a server looks at the flags.
  open: { name: 'open', changes: false },
  close: { name: 'close', changes: false },
  read: { name: 'read', changes: false },
  write: { name: 'write', changes: true },
  lstat: { name: 'lstat', changes: false },
  fstat: { name: 'fstat', changes: false },
  setstat: { name: 'setstat', changes: true },
  fsetstat: { name: 'fsetstat', changes: true },
  opendir: { name: 'opendir', changes: false },
  readdir: { name: 'readdir', changes: false },
  remove: { name: 'remove', changes: true },
  mkdir: { name: 'mkdir', changes: true },
  rmdir: { name: 'rmdir', changes: true },
  realpath: { name: 'realpath', changes: false },
  stat: { name: 'stat', changes: false },
  rename: { name: 'rename', changes: true },
  readlink: { name: 'readlink', changes: false },
  symlink: { name: 'symlink', changes: true },
  posixRename: { name: 'posix-rename', changes: true },
  statvfs: { name: 'statvfs', changes: false },
  fstatvfs: { name: 'fstatvfs', changes: false },
  hardlink: { name: 'hardlink', changes: true },
  fsync: { name: 'fsync', changes: true },
  lsetstat: { name: 'lsetstat', changes: true },
  limits: { name: 'limits', changes: false },
  expandPath: { name: 'expand-path', changes: false },
  copyData: { name: 'copy-data', changes: true },
  homeDirectory: { name: 'home-directory', changes: false },
  usersGroupsById: { name: 'users-groups-by-id', changes: false },
};
