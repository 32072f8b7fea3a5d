// Starts the same executable as `sshd-keys`, with a framed pipe. It keeps sshd's rights, because it reads with those of
// one account after the other.

import type { ByteStream } from '@sallyport/system/byte-stream';
import { onExit } from '@sallyport/system/child-exit';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { closeDescriptor } from '@sallyport/system/descriptors';
import type { OwnProgram } from '@sallyport/system/own-program';
import { startWorker } from '../listener/worker-program.ts';

export interface StartedKeyProcess {
  readonly calls: ByteStream;
  /** Ends the process unless it has ended. */
  readonly kill: () => void;
}

export function startKeyProcess(program: OwnProgram, errorFd: number, onGone: () => void): StartedKeyProcess {
  const { pid, callsFd, passingFd } = startWorker(program, { name: 'sshd-keys', argv: [], errorFd });
  closeDescriptor(passingFd);
  let alive = true;
  onExit(pid, () => {
    alive = false;
    onGone();
  });
  return {
    calls: openDescriptor(callsFd),
    kill: () => {
      if (alive) process.kill(pid, 'SIGKILL');
    },
  };
}
