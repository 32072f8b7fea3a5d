// A line as of `ls -l` for a name of which the file system says nothing but its attributes: numbers stand for the
// owner's names.

import { longName } from '@sallyport/protocol/sftp/long-name';

import type { DirectoryEntry } from './file-system.ts';
import { listingTime } from './local-time.ts';

export function entryLine({ name, attributes }: DirectoryEntry): Uint8Array {
  return longName({
    name,
    attributes,
    links: '?',
    user: String(attributes.uid ?? 0),
    group: String(attributes.gid ?? 0),
    time: listingTime((attributes.modificationTime ?? 0) * 1000),
  });
}
