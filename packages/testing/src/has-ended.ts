// Whether a process has ended, as /proc shows it (proc(5)). Linux only. It may end between two looks: a file that has
// gone is an answer, not an error.

import { readFileSync } from 'node:fs';

/** Also when nobody has waited for it yet: the first process of some machines waits for none. */
export function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
}
