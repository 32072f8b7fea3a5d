// Processes as /proc shows them: children, command lines, descriptors. Linux only, as sshd is; nothing here ends one.
// Numbers may be reused: look and act at once.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** By the parent that each process names: the list in `task/PID/children` may miss some while others end (proc(5)). */
export function children(pid: number): readonly number[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.map(Number).filter((child) => parentOf(child) === pid);
}

/** undefined for a process that has ended. */
function parentOf(pid: number): number | undefined {
  try {
    // Behind the name, which may hold anything: state, parent.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ').at(-1)?.split(' ') ?? [];
    return Number(parent);
  } catch {
    return undefined;
  }
}

/** Empty for a process that has ended. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return '';
  }
}

/** The children whose command line matches. */
export function childrenNamed(pid: number, name: RegExp): readonly number[] {
  return children(pid).filter((child) => name.test(commandLine(child)));
}

/** What its open descriptors are. */
export function descriptors(pid: number): readonly string[] {
  return readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
}

/** Looks again until it is so; fails after 15 s. */
export async function until(holds: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not so in 15 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
