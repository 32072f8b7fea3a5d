// Processes as /proc shows them: children, command lines, threads, descriptors. Linux only, as sshd is; nothing here
// ends one. Any of them may end between two looks: what has gone is left out. Numbers may be reused: look and act at
// once.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** By the parent that each process names: the list in `task/PID/children` may miss some while others end (proc(5)). */
export function children(pid: number): readonly number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((child) => parentOf(child) === pid);
}

/** undefined for a process that has ended. */
function parentOf(pid: number): number | undefined {
  const stat = seen(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // Behind the name, which may hold anything: state, parent.
  const [, parent] = stat?.split(') ').at(-1)?.split(' ') ?? [];
  return parent === undefined ? undefined : Number(parent);
}

/** Empty for a process that has ended. */
export function commandLine(pid: number): string {
  const words = seen(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return words.replaceAll('\0', ' ').trim();
}

/** The children whose command line matches. */
export function childrenNamed(pid: number, name: RegExp): readonly number[] {
  return children(pid).filter((child) => name.test(commandLine(child)));
}

/** What its open descriptors are; none for a process that has ended. */
export function descriptors(pid: number): readonly string[] {
  const names = seen(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return names.flatMap((fd) => seen(() => readlinkSync(`/proc/${pid}/fd/${fd}`)) ?? []);
}

/** What `look` finds in the folder of each of its threads; none for a process that has ended. */
export function ofThreads<T>(pid: number, look: (folder: string) => T): readonly T[] {
  const names = seen(() => readdirSync(`/proc/${pid}/task`)) ?? [];
  return names.flatMap((thread) => seen(() => look(`/proc/${pid}/task/${thread}`)) ?? []);
}

/** undefined when what is looked at has gone. */
function seen<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
