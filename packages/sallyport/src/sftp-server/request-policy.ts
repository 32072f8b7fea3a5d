// Which requests a server takes: those of `-p` if there is such a list, none of `-P`, and with `-R` none that changes
// something. What the file system does not have is not announced either.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { ExtensionKey } from '@sallyport/protocol/sftp/extensions';
import { extensionTable } from '@sallyport/protocol/sftp/extensions';
import type { SftpRequestKey } from '@sallyport/protocol/sftp/requests';
import { requestTable } from '@sallyport/protocol/sftp/requests';

import type { SftpFileSystem } from './file-system.ts';
import { sftpLines } from './log-lines.ts';

export interface RequestPolicy {
  readonly readOnly?: boolean;
  /** Names of requests, such as `posix-rename`: no other is taken. */
  readonly allow?: readonly string[];
  /** Names of requests that are refused, whatever `allow` says. */
  readonly deny?: readonly string[];
}

/** Why a request is refused, as the log says it; undefined when it is taken. */
export function refusalOf({ readOnly, allow, deny }: RequestPolicy, key: SftpRequestKey): LogLine | undefined {
  const { name, changes } = requestTable[key];
  if (readOnly === true && changes) return sftpLines.refusedReadOnly(name);
  if (deny?.includes(name) === true) return sftpLines.refusedDenied(name);
  if (allow !== undefined && !allow.includes(name)) return sftpLines.refusedNotAllowed(name);
  return undefined;
}

/** What of the file system an extension needs; the others need nothing. */
const needs: Partial<Readonly<Record<ExtensionKey, keyof SftpFileSystem>>> = {
  posixRename: 'rename',
  statvfs: 'fileSystem',
  fstatvfs: 'fileSystem',
  hardlink: 'hardLink',
  lsetstat: 'setStat',
  homeDirectory: 'homeOf',
  usersGroupsById: 'userName',
};

/** The extensions that clients are told of. */
export function announcedExtensions(policy: RequestPolicy, fs: SftpFileSystem): ExtensionKey[] {
  const isThere = (key: ExtensionKey): boolean => needs[key] === undefined || fs[needs[key]] !== undefined;
  const keys = Object.keys(extensionTable) as ExtensionKey[];
  return keys.filter((key) => isThere(key) && refusalOf(policy, key) === undefined);
}
