// A log on stderr for programs that have no configuration: by level, debug lines with their level in front, lines ended
// by CR LF as OpenSSH's are.

import { type LogLevel, type LogSink, logLevels } from '@sallyport/protocol/log/log';
import { writeError } from './standard-streams.ts';

/** Lines up to the given level. */
export function stderrLog(loudest: LogLevel): LogSink {
  const limit = logLevels.indexOf(loudest);
  return (level, line) => {
    if (logLevels.indexOf(level) > limit) return;
    writeError(`${level.startsWith('debug') ? `${level}: ` : ''}${line}\r\n`);
  };
}
