// Copies of this process (clone(2)) on Bun. A copy has the one thread that asked for it, so the process must have no
// other that does work: no runtime threads for the garbage collector or for compiling, and nothing that waits in the
// event loop, which a copy must not use. Node starts such threads at once and cannot be copied. What a copy needs of
// randomness it takes from systemRandom(): the runtime's getRandomValues() and Math.random() repeat in each copy.

import { randomFillSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { call, check } from './libc.ts';

const cloneNumbers: Readonly<Record<string, number>> = { x64: 56, arm64: 220 };
const cloneParent = 0x8000;
const childEnded = 17;
const copyOnFork = 11;
/** Flags of a region in smaps, proc(5). */
const emptiedInCopy = 'wf';
const notCopied = 'dc';
const executable = 'ex';

/**
 * Variables for the environment of a process that will be copied. The collector works in the thread that needs it, and
 * no thread gives memory back. JavaScript is interpreted: a copy does not live long enough for more, and compiled code
 * would only be more memory to copy. WebAssembly is compiled whole when it is loaded, since a copy has no thread that
 * would do it later.
 */
export const singleThreadEnvironment = {
  BUN_JSC_useConcurrentGC: '0',
  BUN_JSC_useBaselineJIT: '0',
  BUN_JSC_useConcurrentJIT: '0',
  BUN_JSC_numberOfGCMarkers: '1',
  BUN_JSC_useWarmUpMarkedBlocks: '0',
  BUN_JSC_useWasmIPInt: '0',
  BUN_JSC_useOMGJIT: '0',
  MIMALLOC_PURGE_DELAY: '-1',
} as const;

/** Whether processes can be copied on this runtime and machine. */
export function canFork(): boolean {
  return process.versions['bun'] !== undefined && process.arch in cloneNumbers && process.platform === 'linux';
}

/**
 * To be called once before the first copy, while /proc is there. The runtime keeps its compiled code out of copies, but
 * they need it. Throws when the generator of the runtime's crypto library would not notice that it has been copied (it
 * does by a page that the system empties in a copy): nothing here draws from it, but what does should not repeat.
 */
export function prepareForking(): void {
  randomFillSync(new Uint8Array(1));
  let region: readonly string[] = [];
  let noticesCopy = false;
  for (const line of readFileSync('/proc/self/smaps', 'latin1').split('\n')) {
    const range = /^([0-9a-f]+)-([0-9a-f]+) /.exec(line);
    if (range !== null) region = range.slice(1);
    const flags = line.startsWith('VmFlags:') ? line.split(' ') : [];
    if (flags.includes(emptiedInCopy)) noticesCopy = true;
    if (flags.includes(notCopied) && flags.includes(executable)) copyRegion(region);
  }
  if (!noticesCopy) throw new Error('the random generator would not notice a copy of the process');
}

function copyRegion([from, to]: readonly string[]): void {
  const start = Number.parseInt(from ?? '', 16);
  check('madvise', start, Number.parseInt(to ?? '', 16) - start, copyOnFork);
}

/** The process id of the copy, which is a child of our parent, not ours; 0 in the copy. Throws SystemError. */
export function forkSibling(): number {
  const number = cloneNumbers[process.arch];
  if (number === undefined) throw new Error('processes cannot be copied on this machine');
  return check('syscall', number, cloneParent | childEnded, 0, 0, 0, 0);
}

/** Here and now, to the end. */
export function collectGarbage(): void {
  (globalThis as { readonly Bun?: { gc(force: boolean): number } }).Bun?.gc(true);
}

/** The id of this process, also in a copy, where the runtime gives that of the original. */
export function ownProcessId(): number {
  return call('getpid');
}

/** Ends the process here and now, without the runtime's work at an exit. */
export function exitNow(status: number): never {
  call('_exit', status);
  throw new Error('the process did not end');
}
