// What `df` shows of a file system: blocks in KiB, the same with units (-h), or inodes (-i), each used, free for users
// and free for root, and the used share.

import { scaledNumber } from './scaled-number.ts';

/** The numbers of statvfs(3), sizes in fragments. */
export interface FreeSpace {
  readonly fragmentBytes: bigint;
  readonly blocks: bigint;
  readonly freeBlocks: bigint;
  readonly availableBlocks: bigint;
  readonly files: bigint;
  readonly freeFiles: bigint;
  readonly availableFiles: bigint;
}

export function formatFreeSpace(space: FreeSpace, how: { readonly human: boolean; readonly inodes: boolean }): string {
  const { fragmentBytes, blocks, freeBlocks, availableBlocks, files, freeFiles, availableFiles } = space;
  if (how.inodes) {
    const numbers = [files, files - freeFiles, availableFiles, freeFiles].map((number) => String(number).padStart(11));
    return (
      '     Inodes        Used       Avail      (root)    %Capacity\n' +
      `${numbers.join(' ')}         ${capacity(files, freeFiles)}\n`
    );
  }
  const sizes = [blocks, blocks - freeBlocks, availableBlocks, freeBlocks].map((count) => count * fragmentBytes);
  const share = capacity(blocks, freeBlocks);
  if (how.human) {
    const numbers = sizes.map((size) => `${(size < 0n ? '0B' : scaledNumber(size)).padStart(7)}B`);
    return `    Size     Used    Avail   (root)    %Capacity\n${numbers.join(' ')}         ${share}\n`;
  }
  const numbers = sizes.map((size) => String(size / 1024n).padStart(12));
  const head = '        Size         Used        Avail       (root)    %Capacity';
  return `${head}
${numbers.join(' ')}         ${share}
`;
}

function capacity(total: bigint, free: bigint): string {
  return total === 0n ? 'ERR' : `${String((100n * (total - free)) / total).padStart(3)}%`;
}
