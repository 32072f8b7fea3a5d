// A program of this machine whose standard input and output are a connection: another ssh (-S), or a server without a
// network in between (-D). It shares our stderr and terminal; an interrupt from the keyboard is ours alone, since it
// stops a transfer and not the connection.

import { onExit } from '@sallyport/system/child-exit';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { spawnProcess } from '@sallyport/system/spawn';
import { findProgram } from '../shared/find-program.ts';
import type { RemoteProgram } from './in-process.ts';

const shell = '/bin/sh';
// The shell goes away, the ignored signal stays.
const ignoringInterrupts = 'trap "" INT; exec "$0" "$@"';

/** `argv` without the name of the program. Resolves to undefined when there is no such program. */
export function openThroughProgram(program: string, argv: readonly string[]): RemoteProgram | undefined {
  const path = findProgram(program, process.env['PATH'] ?? '');
  if (path === undefined) return undefined;
  const [ours, theirs] = socketPair();
  let pid: number;
  try {
    pid = spawnProcess({
      path: shell,
      argv: [shell, '-c', ignoringInterrupts, path, ...argv],
      env: withoutRuntimeVariables(process.env),
      stdio: { 0: theirs, 1: theirs, 2: 2 },
    });
  } finally {
    closeDescriptor(theirs);
  }
  const stream = openDescriptor(ours);
  const exit = new Promise<number>((resolve) => {
    onExit(pid, (ended) => resolve('code' in ended ? ended.code : 255));
  });
  return { stream, exit, close: () => stream.destroy() };
}
