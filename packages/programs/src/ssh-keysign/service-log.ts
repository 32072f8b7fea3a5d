// Where the service's lines go: stderr with -e, else the system's log with the facility AUTH. The processes that answer
// write to the same place.

import { type LogLevel, type LogSink, logLevels } from '@sallyport/protocol/log/log';
import { Syslog, severityOf } from '@sallyport/system/syslog';
import { stderrLog } from '../shared/stderr-log.ts';
import type { KeysignOptions } from './options.ts';

export function openServiceLog({
  logsToStderr,
  isVerbose,
}: Pick<KeysignOptions, 'logsToStderr' | 'isVerbose'>): LogSink {
  const loudest: LogLevel = isVerbose ? 'debug3' : 'info';
  if (logsToStderr) return stderrLog(loudest);
  const limit = logLevels.indexOf(loudest);
  const syslog = new Syslog({ ident: 'ssh-keysign', facility: 'AUTH' });
  return (level, line) => {
    if (logLevels.indexOf(level) <= limit) syslog.write(severityOf[level], line);
  };
}
