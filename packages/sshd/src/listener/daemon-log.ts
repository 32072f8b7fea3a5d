// Where sshd's lines go: stderr, a file, or syslog; which of them (LogLevel), and with which words in front. The
// texts are log/stable-lines.ts; this only writes.

import * as fs from 'node:fs';
import { levelNames, logLevels } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';

export interface DaemonLogOptions {
  /** A LogLevel of the configuration. */
  readonly level: string;
  /** Writes to this descriptor; without it to syslog. */
  readonly fd?: number;
  readonly syslog?: (line: LogLine) => void;
}

export class DaemonLog {
  readonly #options: DaemonLogOptions;
  /** Place in logLevels of the most talkative level that is written; -1 when none is. */
  readonly threshold: number;

  constructor(options: DaemonLogOptions) {
    this.#options = options;
    const name = levelNames[options.level.toUpperCase()] ?? 'info';
    this.threshold = name === 'none' ? -1 : logLevels.indexOf(name);
  }

  /** One line; never throws, so that a full disk does not end the daemon. */
  readonly write = (line: LogLine): void => {
    if (line.facility === undefined && logLevels.indexOf(line.level) > this.threshold) return;
    const { fd, syslog } = this.#options;
    const debug = line.level.startsWith('debug') ? `${line.level}: ` : '';
    if (fd === undefined) {
      const prefix = line.level === 'error' || line.level === 'fatal' ? `${line.level}: ` : debug;
      syslog?.({ ...line, text: prefix + line.text });
      return;
    }
    try {
      fs.writeSync(fd, `${debug}${line.text}\r\n`);
    } catch {
      // Nobody can be told.
    }
  };
}
