// Starts what a session runs: a process of the account, or what this process serves itself. Throws SystemError when a
// process cannot be started.

import { isDelegating, startDelegating } from './delegated-sftp.ts';
import { startInternal } from './internal-sftp.ts';
import type { RunningProgram } from './running-program.ts';
import type { SftpProgramOptions } from './served-sftp.ts';
import { startProcess } from './session-process.ts';

export function startProgram(options: SftpProgramOptions): RunningProgram {
  if (options.command.internal !== undefined) return startInternal(options);
  return isDelegating(options) ? startDelegating(options) : startProcess(options);
}
