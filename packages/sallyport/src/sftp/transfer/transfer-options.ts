// What a transfer of files can be told, and what it tells: the options of upload and download, of single files and of
// trees.

import type { SshError } from '../../errors.ts';
import type { LocalFiles } from '../local-files.ts';
import type { SftpError } from '../sftp-error.ts';

export interface TransferOptions {
  /** Ends the transfer; what has come so far stays, the session goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Go on behind what is there already, which is taken to be the beginning of the file. */
  readonly resume?: boolean;
  /** Give the copy the times and permissions of the original. */
  readonly preserve?: boolean;
  /** Bring each file to the disk before it counts as done; rejects where the server cannot (`extension-missing`). */
  readonly sync?: boolean;
  /** Bytes in each second, over all files. */
  readonly limitBytesPerSecond?: number | undefined;
  /** Leave out blocks of zeros and make holes of them. */
  readonly sparse?: boolean;
  /** Read the server's file back and compare SHA-256 of both, which takes as long as a transfer. Sizes always agree. */
  readonly verify?: 'digest';
  /** Write to a name of its own beside the target and rename at the end; not together with `resume`. */
  readonly atomic?: boolean;
  /**
   * Write over what is there and cut it to its length at the end, instead of emptying it at the beginning: nothing is
   * lost when both ends are the same file. Not together with `sparse`.
   */
  readonly inPlace?: boolean;
  /** Files of a tree that are under way at the same time; 64 unless told, fewer where the server allows fewer. */
  readonly concurrency?: number;
  /** Data of one request, where the server takes so much. */
  readonly requestBytes?: number | undefined;
  /** The most that is under way at a time, over all files; 8 MiB unless told. */
  readonly windowBytes?: number | undefined;
  /**
   * What a tree does with symlinks: leave them out (and tell `skipped`) or copy what they lead to. `skip` unless told.
   */
  readonly symlinks?: 'skip' | 'follow';
  /** Where our files are; the file system unless told, with calls that do not hold up the process. */
  readonly localFiles?: LocalFiles;
  /** Told a few times in each second, and at the end. */
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly hooks?: TransferHooks;
}

/** How far a transfer is. */
export interface TransferProgress {
  /** Bytes that have arrived, without those that were there before. */
  readonly bytes: number;
  /** Bytes of all files that are known; all of them once `isListed`. */
  readonly totalBytes: number;
  readonly files: number;
  readonly totalFiles: number;
  /** Whether every file of the transfer is known. */
  readonly isListed: boolean;
  readonly bytesPerSecond: number;
  /** At this rate; undefined as long as nothing is known. */
  readonly secondsLeft: number | undefined;
}

/** One file that is under way; `position` moves. */
export interface FileProgress {
  readonly remotePath: Uint8Array;
  readonly localPath: Uint8Array;
  /** Bytes of the whole file as its side told it; 0 when it told none. */
  readonly totalBytes: number;
  /** Where it began: above 0 when resumed. */
  readonly startedAt: number;
  /** Bytes of the file that have arrived. */
  position: number;
}

/** What is of interest while it happens. None may throw. */
export interface TransferHooks {
  fileStarted?(file: FileProgress): void;
  /** `error` when it failed. */
  fileEnded?(file: FileProgress, error: SshError | undefined): void;
  folderEntered?(folder: { readonly remotePath: Uint8Array; readonly localPath: Uint8Array }): void;
  /** Something in a tree is neither file nor folder, or a symlink that is not followed. */
  skipped?(path: Uint8Array, why: 'symlink' | 'special'): void;
  /** A file or folder of a tree failed; the others go on. */
  failed?(error: SftpError): void;
}

/** What came of a transfer. */
export interface TransferSummary {
  /** Files that arrived whole. */
  readonly files: number;
  readonly folders: number;
  /** Bytes that were transferred. */
  readonly bytes: number;
  /** What went wrong in a tree, a file or folder each; empty when everything arrived. */
  readonly failures: readonly SftpError[];
}
