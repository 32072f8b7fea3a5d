// Which file, pipe or socket it is, whatever it is called and whoever has it open (inode(7)). The two ends of a pipe
// are one, those of a pair of sockets are not.

import { fstatSync, statSync } from 'node:fs';

/** Of a path or an open descriptor; equal for the same file only. Throws what stat(2) fails with. */
export function fileIdentity(file: string | number): string {
  const options = { bigint: true } as const;
  const { dev, ino } = typeof file === 'number' ? fstatSync(file, options) : statSync(file, options);
  return `${dev}:${ino}`;
}
