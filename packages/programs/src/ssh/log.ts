// Where ssh's sentences go: stderr or the file of -E, by level, lines ended by CR LF as OpenSSH's are (a raw terminal
// needs them), debug lines with their level in front. Synchronous, so that nothing is lost when the program ends.

import { openSync, writeSync } from 'node:fs';
import type { LogLevelName } from '@sallyport/protocol/config/kinds-shared';
import type { LogLevel, LogSink } from '@sallyport/protocol/log/log';

const ranks: readonly LogLevelName[] = ['quiet', 'fatal', 'error', 'info', 'verbose', 'debug1', 'debug2', 'debug3'];

function rank(level: LogLevelName): number {
  return ranks.indexOf(level);
}

/** Writes all of a text to a descriptor that may be non-blocking; what nobody takes is dropped. */
export type WriteText = (fd: number, text: string) => void;

function writeText(fd: number, text: string): void {
  let rest: Uint8Array = Buffer.from(text, 'utf8');
  for (let tries = 0; rest.length > 0 && tries < maximumTries; tries++) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

/** How often a full descriptor is tried again, a millisecond apart. */
const maximumTries = 2000;

export class ProgramLog {
  #level: LogLevelName = 'info';
  #fd = 2;
  readonly #write: WriteText;

  constructor(write: WriteText = writeText) {
    this.#write = write;
  }

  get level(): LogLevelName {
    return this.#level;
  }

  set level(level: LogLevelName) {
    this.#level = level;
  }

  /** From now on lines are appended to a file. Throws the error of node:fs. */
  appendTo(path: string): void {
    this.#fd = openSync(path, 'a', 0o600);
  }

  /** Whether lines of a level are wanted. */
  shows(level: LogLevel): boolean {
    return rank(level) <= rank(this.#level);
  }

  /** One line of a level, if that level is wanted. */
  readonly log: LogSink = (level: LogLevel, line: string): void => {
    if (!this.shows(level)) return;
    const prefix = level.startsWith('debug') ? `${level}: ` : '';
    this.#write(this.#fd, `${prefix}${line}\r\n`);
  };

  /** One line louder or quieter, between quiet and debug3 (escapes ~v and ~V); the new level. */
  change(by: 1 | -1): LogLevelName {
    const next = Math.min(Math.max(rank(this.#level) + by, 0), ranks.length - 1);
    this.#level = ranks[next] ?? this.#level;
    return this.#level;
  }
}

/** What -v, -vv, -vvv add to a level. */
export function verboseLevel(count: number): LogLevelName | undefined {
  if (count === 0) return undefined;
  return count === 1 ? 'debug1' : count === 2 ? 'debug2' : 'debug3';
}
