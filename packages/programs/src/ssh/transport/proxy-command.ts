// ProxyCommand: a program of the user's shell whose standard input and output are the connection. It gets pipes, as
// from OpenSSH, shares our stderr and terminal, and is sent SIGHUP when we leave.

import type { LogSink } from '@sallyport/protocol/log/log';
import { openDescriptorPair } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, makePipe } from '@sallyport/system/descriptors';
import { spawnProcess } from '@sallyport/system/spawn';
import { errorText, SystemError } from '@sallyport/system/system-error';
import type { OpenedTransport, TransportFailure } from './transport-result.ts';

export interface ProxyCommandOptions {
  /** With its tokens expanded. */
  readonly command: string;
  /** $SHELL, or /bin/sh. */
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: LogSink;
}

export function openProxyCommand(options: ProxyCommandOptions): OpenedTransport | TransportFailure {
  const command = `exec ${options.command}`;
  options.log('debug1', `Executing proxy command: ${command}`);
  const toProxy = makePipe();
  const fromProxy = makePipe();
  try {
    const pid = spawnProcess({
      path: options.shell,
      argv: [options.shell, '-c', command],
      env: options.env,
      stdio: { 0: toProxy.readFd, 1: fromProxy.writeFd, 2: 2 },
    });
    process.once('exit', () => hangUp(pid));
  } catch (error) {
    if (!(error instanceof SystemError)) throw error;
    for (const fd of [toProxy.writeFd, fromProxy.readFd]) closeDescriptor(fd);
    return { message: `${options.shell}: ${errorText(error.code)}` };
  } finally {
    for (const fd of [toProxy.readFd, fromProxy.writeFd]) closeDescriptor(fd);
  }
  return { stream: openDescriptorPair(fromProxy.readFd, toProxy.writeFd), setTypeOfService: () => undefined };
}

function hangUp(pid: number): void {
  try {
    process.kill(pid, 'SIGHUP');
  } catch {
    // It is gone already.
  }
}
