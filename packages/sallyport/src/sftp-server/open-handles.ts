// What stands behind the handles of a client: files and directories, with the names and counts that the log shows when
// they are closed.

import type { DirectoryEntry, SftpDirectory, SftpFile } from './file-system.ts';

export interface OpenFile {
  readonly kind: 'file';
  readonly file: SftpFile;
  /** As the client called it. */
  readonly path: Uint8Array;
  readonly appends: boolean;
  readBytes: bigint;
  writtenBytes: bigint;
}

export interface OpenDirectory {
  readonly kind: 'directory';
  readonly directory: SftpDirectory;
  readonly path: Uint8Array;
  /** Entries that did not fit into a reply. */
  waiting: readonly DirectoryEntry[];
}

export type OpenHandle = OpenFile | OpenDirectory;
