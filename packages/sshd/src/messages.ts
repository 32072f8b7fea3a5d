// Every sentence of sshd that a user reads on a terminal. Log lines are in packages/protocol/src/log/stable-
// lines.ts.

import { visible } from '@sallyport/protocol/log/log';
import { versionLine } from 'sallyport/version';

export const messages = {
  version: `${versionLine}\n`,
  usage:
    `${versionLine}\n` +
    'usage: sshd [-46DdeGiqTtV] [-C connection_spec] [-c host_cert_file]\n' +
    '            [-E log_file] [-f config_file] [-g login_grace_time]\n' +
    '            [-h host_key_file] [-o option] [-p port] [-u len]\n',
  noHostKeys: 'sshd: no hostkeys available -- exiting.',
  cannotBind: 'Cannot bind any address.',
  noLogFile: (file: string, reason: string) => `Couldn't open logfile ${file}: ${reason}\r\n`,
  noAuthAccount: (name: string) => `Privilege separation user ${name} does not exist`,
  noAuthFolder: (folder: string) => `Missing privilege separation directory: ${folder}`,
  unsafeAuthFolder: (folder: string) => `${folder} must be owned by root and not group or world-writable.`,
  /** A session of another kind where ForceCommand is internal-sftp. */
  sftpOnly: 'This service allows sftp connections only.\n',
  badInternalSftp: (command: string, problem = 'wrong options') => `${visible(command)}: ${visible(problem)}`,
  badStartFolder: (folder: string) => `unknown token in start directory "${visible(folder)}"`,
  cannotEnterStartFolder: (folder: string, reason: string) => `chdir to "${visible(folder)}" failed: ${reason}`,
  /** What a client reads in place of an identification. */
  dropped: 'Not allowed at this time\r\n',
} as const;
