// A program of this machine whose standard input and output are a connection: another ssh (-S), or a server without a
// network in between (-D). It shares our stderr and terminal; an interrupt from the keyboard is ours alone, since it
// stops a transfer and not the connection.

import { onExit } from '@sallyport/system/child-exit';
import { openDescriptorPair } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, growPipe, makePipe } from '@sallyport/system/descriptors';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { spawnProcess } from '@sallyport/system/spawn';
import { findProgram } from '../shared/find-program.ts';
import type { RemoteProgram } from './in-process.ts';

const shell = '/bin/sh';
// The shell goes away, the ignored signal stays.
const ignoringInterrupts = 'trap "" INT; exec "$0" "$@"';
const pipeBytes = 1024 * 1024;

/** `argv` without the name of the program. Resolves to undefined when there is no such program. */
export function openThroughProgram(program: string, argv: readonly string[]): RemoteProgram | undefined {
  const path = findProgram(program, process.env['PATH'] ?? '');
  if (path === undefined) return undefined;
  const toProgram = makePipe();
  const fromProgram = makePipe();
  for (const { writeFd } of [toProgram, fromProgram]) growPipe(writeFd, pipeBytes);
  let pid: number;
  try {
    pid = spawnProcess({
      path: shell,
      argv: [shell, '-c', ignoringInterrupts, path, ...argv],
      env: withoutRuntimeVariables(process.env),
      stdio: { 0: toProgram.readFd, 1: fromProgram.writeFd, 2: 2 },
    });
  } finally {
    for (const fd of [toProgram.readFd, fromProgram.writeFd]) closeDescriptor(fd);
  }
  const stream = openDescriptorPair(fromProgram.readFd, toProgram.writeFd);
  const exit = new Promise<number>((resolve) => {
    onExit(pid, (ended) => resolve('code' in ended ? ended.code : 255));
  });
  return { stream, exit, close: () => stream.destroy() };
}
