// Where the lines of a serving sshd go: the file of -E, stderr with -e or -d, else syslog with the configured
// facility.

import * as fs from 'node:fs';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import type { LogLevel } from '@sallyport/protocol/log/log';
import type { severities } from '@sallyport/system/syslog';
import { facilities, Syslog } from '@sallyport/system/syslog';
import type { CommandLine } from '../configuration/command-line.ts';
import { DaemonLog } from '../listener/daemon-log.ts';

const severityOf: Readonly<Record<LogLevel, keyof typeof severities>> = {
  fatal: 'critical',
  error: 'error',
  info: 'info',
  verbose: 'info',
  debug1: 'debug',
  debug2: 'debug',
  debug3: 'debug',
};
const stderrFd = 2;

export function openLog(line: CommandLine, options: Pick<SshdOptions, 'LogLevel' | 'SyslogFacility'>): DaemonLog {
  const level = line.quiet ? 'QUIET' : line.debugLevel > 0 ? `DEBUG${line.debugLevel}` : options.LogLevel;
  if (line.logFile !== undefined) return new DaemonLog({ level, fd: fs.openSync(line.logFile, 'a', 0o600) });
  if (line.logToStderr || line.debugLevel > 0) return new DaemonLog({ level, fd: stderrFd });
  const facility = (Object.keys(facilities) as (keyof typeof facilities)[]).find(
    (name) => name === options.SyslogFacility,
  );
  const syslog = new Syslog({ ident: 'sshd', facility: facility ?? 'AUTH' });
  return new DaemonLog({ level, syslog: (of, text) => void syslog.write(severityOf[of], text) });
}
