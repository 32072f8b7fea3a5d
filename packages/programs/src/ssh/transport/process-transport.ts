// A process whose standard input and output are the connection: it gets pipes, as from OpenSSH, shares our stderr and
// terminal, and is sent SIGHUP when we leave.

import { openDescriptorPair } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, makePipe } from '@sallyport/system/descriptors';
import { startingOpenFileLimit } from '@sallyport/system/open-file-limit';
import { spawnProcess } from '@sallyport/system/spawn';
import { errorText, SystemError } from '@sallyport/system/system-error';
import type { OpenedTransport, TransportFailure } from './transport-result.ts';

export interface TransportProcess {
  readonly path: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function openProcess({ path, argv, env }: TransportProcess): OpenedTransport | TransportFailure {
  const toProcess = makePipe();
  const fromProcess = makePipe();
  try {
    const stdio = { 0: toProcess.readFd, 1: fromProcess.writeFd, 2: 2 };
    const pid = spawnProcess({ path, argv, env, stdio, openFiles: startingOpenFileLimit() });
    process.once('exit', () => hangUp(pid));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    for (const fd of [toProcess.writeFd, fromProcess.readFd]) closeDescriptor(fd);
    return { message: `${path}: ${errorText(error.code)}` };
  } finally {
    for (const fd of [toProcess.readFd, fromProcess.writeFd]) closeDescriptor(fd);
  }
  return { stream: openDescriptorPair(fromProcess.readFd, toProcess.writeFd), setTypeOfService: () => undefined };
}

function hangUp(pid: number): void {
  try {
    process.kill(pid, 'SIGHUP');
  } catch {
    // It is gone already.
  }
}
