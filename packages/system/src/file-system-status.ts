// The room of a file system with its flags and the length of names, statvfs(3): node:fs has less of it. Numbers are
// 64 bits wide.

import { check } from './libc.ts';
import { pathString } from './memory.ts';

export interface FileSystemStatus {
  readonly blockBytes: bigint;
  readonly fragmentBytes: bigint;
  /** Counted in fragments. */
  readonly blocks: bigint;
  readonly freeBlocks: bigint;
  readonly availableBlocks: bigint;
  readonly files: bigint;
  readonly freeFiles: bigint;
  readonly availableFiles: bigint;
  readonly id: bigint;
  readonly readOnly: boolean;
  /** Programs gain no rights by their mode. */
  readonly noSetuid: boolean;
  readonly maximumNameBytes: bigint;
}

// struct statvfs: eleven words of 64 bits, then room that the C library keeps.
const structureBytes = 112;
const flag = { readOnly: 1n, noSetuid: 2n } as const;

/** The file system that holds a path, or an open file. */
export function fileSystemStatus(of: Uint8Array | number): FileSystemStatus {
  const found = Buffer.alloc(structureBytes);
  if (typeof of === 'number') check('fstatvfs', of, found);
  else check('statvfs', pathString(of), found);
  const word = (index: number): bigint => found.readBigUInt64LE(index * 8);
  const flags = word(9);
  return {
    blockBytes: word(0),
    fragmentBytes: word(1),
    blocks: word(2),
    freeBlocks: word(3),
    availableBlocks: word(4),
    files: word(5),
    freeFiles: word(6),
    availableFiles: word(7),
    id: word(8),
    readOnly: (flags & flag.readOnly) !== 0n,
    noSetuid: (flags & flag.noSetuid) !== 0n,
    maximumNameBytes: word(10),
  };
}
