// An SFTP server that runs as a process and is spoken to over its pipes: OpenSSH's, or any program that is one. There
// is no SSH between.

import { onExit } from '@sallyport/system/child-exit';
import { openDescriptorPair } from '@sallyport/system/descriptor-stream';
import { closeDescriptor, makePipe } from '@sallyport/system/descriptors';
import { type Exit, spawnProcess } from '@sallyport/system/spawn';
import type { ByteStream } from 'sallyport/driver/byte-stream';

/** Where distributions keep OpenSSH's server. */
export const stockSftpServer = '/usr/lib/openssh/sftp-server';

export interface SftpProcess extends AsyncDisposable {
  readonly stream: ByteStream;
  readonly pid: number;
  readonly exited: Promise<Exit>;
}

/** Starts it in a folder; its relative paths begin there. */
export function startSftpProcess(
  cwd: string,
  program: { readonly path: string; readonly argv: readonly string[] } = {
    path: stockSftpServer,
    argv: ['sftp-server'],
  },
): SftpProcess {
  const input = makePipe();
  const output = makePipe();
  const stdio = { 0: input.readFd, 1: output.writeFd, 2: 2 };
  const pid = spawnProcess({ ...program, cwd, env: { PATH: '/usr/bin:/bin' }, stdio });
  closeDescriptor(input.readFd);
  closeDescriptor(output.writeFd);
  const exited = new Promise<Exit>((resolve) => onExit(pid, resolve));
  const stream = openDescriptorPair(output.readFd, input.writeFd);
  return {
    stream,
    pid,
    exited,
    async [Symbol.asyncDispose]() {
      stream.destroy();
      await exited;
    },
  };
}
