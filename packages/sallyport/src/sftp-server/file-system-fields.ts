// The answer to statvfs@openssh.com and fstatvfs@openssh.com (PROTOCOL section 4.3) for a file system of this machine:
// as statvfs(3) tells it.

import type { FileSystemFields } from '@sallyport/protocol/sftp/extensions';
import { fileSystemFlags } from '@sallyport/protocol/sftp/extensions';
import { fileSystemStatus } from '@sallyport/system/file-system-status';

/** Of what holds a path, or an open file. */
export function fileSystemFieldsOf(of: Uint8Array | number): FileSystemFields {
  const { readOnly, noSetuid, ...numbers } = fileSystemStatus(of);
  return { ...numbers, flags: (readOnly ? fileSystemFlags.readOnly : 0n) | (noSetuid ? fileSystemFlags.noSetuid : 0n) };
}
