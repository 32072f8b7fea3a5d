// The open files of this process, as /proc shows them (proc(5)). Linux only. The runtime opens and closes some of its
// own at any time, so those of a test are told apart by where they lead.

import { readdirSync, readlinkSync } from 'node:fs';

/** How many descriptors lead to the folder or to what is below it. */
export function openBelow(folder: string): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    const target = targetOf(fd);
    return target === folder || target.startsWith(`${folder}/`);
  }).length;
}

function targetOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    // That by which the folder was read has been closed.
    return '';
  }
}
