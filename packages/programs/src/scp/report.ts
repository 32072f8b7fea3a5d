// What scp says, and whether anything went wrong. A sink or source at the server's end says nothing itself: its client
// hears what is wrong through the protocol.

import { logLevels } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { byteString, byteStringOf, bytesOf } from '../shared/byte-string.ts';
import { displayName, showsUtf8 } from '../shared/display-name.ts';
import { writeError } from '../shared/standard-streams.ts';

export class Report {
  readonly #isUtf8: boolean;
  readonly #isSilent: boolean;
  readonly #verbosity: number;
  #hasFailed = false;

  constructor(options: { readonly isSilent: boolean; readonly verbosity: number }) {
    this.#isUtf8 = showsUtf8(process.env);
    this.#isSilent = options.isSilent;
    this.#verbosity = options.verbosity;
  }

  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  /** Counts without a word: somebody else said it. */
  fail(): void {
    this.#hasFailed = true;
  }

  /** About a file, or from the other side: printed as it is. A byte string. */
  problem(sentence: string): void {
    this.#hasFailed = true;
    if (!this.#isSilent) this.#print(sentence);
  }

  /** Behind our name. */
  error(sentence: string): void {
    this.problem(`scp: ${sentence}`);
  }

  /** Of interest, but no failure. */
  remark(sentence: string): void {
    if (!this.#isSilent) this.#print(`scp: ${sentence}`);
  }

  /** With -v, as it is. */
  verbose(sentence: string): void {
    if (this.#verbosity > 0) this.#print(sentence);
  }

  /** Takes lines of SFTP, as many as -v, -vv, -vvv want; undefined without. */
  get debug(): ((line: LogLine) => void) | undefined {
    if (this.#verbosity === 0) return undefined;
    return ({ level, text }) => {
      if (logLevels.indexOf(level) - logLevels.indexOf('debug1') < this.#verbosity)
        this.#print(`scp: ${level}: ${text}`);
    };
  }

  #print(sentence: string): void {
    writeError(`${displayName(bytesOf(sentence), this.#isUtf8)}\n`);
  }
}

/** Ends the program at once; what went wrong has been said. */
export class Abandoned extends Error {
  override readonly name = 'Abandoned';
  readonly status: number;

  constructor(status: number) {
    super('abandoned');
    this.status = status;
  }
}

/** The sentence of an engine, or the other side's words, as a byte string. */
export function sentenceOf(reason: string | Uint8Array): string {
  return typeof reason === 'string' ? byteString(reason) : byteStringOf(reason);
}
