// Where the lines of sftp-server go: stderr with -e, else syslog, which is opened for the first line that is wanted:
// most processes say none.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { facilities } from '@sallyport/system/syslog';
import { Syslog, severityOf } from '@sallyport/system/syslog';
import type { SftpServerCommandLine } from 'sallyport/sftp-server/command-line';
import { isLogged } from 'sallyport/sftp-server/command-line';
import { writeError } from '../shared/standard-streams.ts';

/** The writer of lines that are wanted. */
export function openServerLog(line: SftpServerCommandLine): (entry: LogLine) => void {
  const opened: { syslog?: Syslog } = {};
  return ({ level, text }) => {
    if (!isLogged(line, level)) return;
    const isDebug = level.startsWith('debug');
    if (line.logToStderr) {
      writeError(`${isDebug ? `${level}: ` : ''}${text}\r\n`);
      return;
    }
    const isBad = level === 'error' || level === 'fatal';
    const facility = line.facility as keyof typeof facilities;
    opened.syslog ??= new Syslog({ ident: 'sftp-server', facility });
    opened.syslog.write(severityOf[level], `${isBad || isDebug ? `${level}: ` : ''}${text}`);
  };
}
