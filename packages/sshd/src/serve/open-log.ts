// Where the lines of a serving sshd go: the file of -E, stderr with -e or -d, else syslog with the configured
// facility.

import * as fs from 'node:fs';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import { facilities, Syslog, severityOf } from '@sallyport/system/syslog';
import type { CommandLine } from '../configuration/command-line.ts';
import { DaemonLog } from '../listener/daemon-log.ts';

const stderrFd = 2;

export function openLog(line: CommandLine, options: Pick<SshdOptions, 'LogLevel' | 'SyslogFacility'>): DaemonLog {
  const level = line.quiet ? 'QUIET' : line.debugLevel > 0 ? `DEBUG${line.debugLevel}` : options.LogLevel;
  if (line.logFile !== undefined) return new DaemonLog({ level, fd: fs.openSync(line.logFile, 'a', 0o600) });
  if (line.logToStderr || line.debugLevel > 0) return new DaemonLog({ level, fd: stderrFd });
  const syslog = new Syslog({ ident: 'sshd', facility: facilityOf(options.SyslogFacility) });
  const services = new Map<string, Syslog>();
  return new DaemonLog({
    level,
    syslog: ({ level: of, text, facility }) => {
      const log = facility === undefined ? syslog : serviceLog(services, facility);
      log.write(severityOf[of], text);
    },
  });
}

/** The one service with a facility of its own is internal-sftp. */
function serviceLog(opened: Map<string, Syslog>, name: string): Syslog {
  const facility = facilityOf(name);
  const log = opened.get(facility) ?? new Syslog({ ident: 'internal-sftp', facility });
  opened.set(facility, log);
  return log;
}

function facilityOf(wanted: string): keyof typeof facilities {
  return (Object.keys(facilities) as (keyof typeof facilities)[]).find((name) => name === wanted) ?? 'AUTH';
}
