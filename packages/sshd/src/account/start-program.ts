// Starts what a session runs: a process of the account, or what this process serves itself. Throws SystemError when a
// process cannot be started.

import type { InternalSftpOptions } from './internal-sftp.ts';
import { startInternal } from './internal-sftp.ts';
import type { RunningProgram } from './running-program.ts';
import { startProcess } from './session-process.ts';

export function startProgram(options: InternalSftpOptions): RunningProgram {
  return options.command.internal === undefined ? startProcess(options) : startInternal(options);
}
