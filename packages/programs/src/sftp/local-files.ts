// This machine's files as glob and completion look at them, by blocking calls. A folder that cannot be read has no
// names.

import type { Stats } from 'node:fs';
import { lstatSync, readdirSync, statSync } from 'node:fs';
import { byteStringOf, pathOf } from '../shared/byte-string.ts';
import type { GlobEntry, GlobFiles, GlobStatus } from './glob.ts';

export const localFiles: GlobFiles<GlobStatus> = {
  list: (folder) => Promise.resolve(entriesOf(folder)),
  inspect: (path) => Promise.resolve(statusOf(() => lstatSync(pathOf(path)))),
  follow: (path) => Promise.resolve(statusOf(() => statSync(pathOf(path)))),
};

function entriesOf(folder: string): readonly GlobEntry<GlobStatus>[] {
  try {
    const names = readdirSync(pathOf(folder), { encoding: 'buffer' });
    return names.map((name) => ({ name: byteStringOf(name), status: { type: 'unknown' } }));
  } catch {
    return [];
  }
}

function statusOf(ask: () => Stats): GlobStatus | undefined {
  try {
    const stats = ask();
    if (stats.isDirectory()) return { type: 'directory' };
    return { type: stats.isSymbolicLink() ? 'symlink' : 'file' };
  } catch {
    return undefined;
  }
}
