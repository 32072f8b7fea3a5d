// What sftp says: sentences on stdout, problems on stderr with the line ends of OpenSSH's log. Everything is a byte
// string and may hold names of a server, so it is made fit for a terminal here, and nowhere else.

import { logLevels } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { bytesOf } from '../shared/byte-string.ts';
import { displayName, showsUtf8 } from '../shared/display-name.ts';
import { writeError, writeOut } from '../shared/standard-streams.ts';

/** Where text goes. */
export interface ReportOutput {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

export class Report {
  showsNotes = true;
  /** 0 to 3. */
  verbosity = 0;
  readonly #isUtf8: boolean;
  readonly #output: ReportOutput;

  constructor(
    environment: Readonly<Record<string, string | undefined>>,
    output: ReportOutput = { out: writeOut, error: writeError },
  ) {
    this.#isUtf8 = showsUtf8(environment);
    this.#output = output;
  }

  /** A byte string as it may be shown. */
  readonly show = (text: string): string => displayName(bytesOf(text), this.#isUtf8);

  say(sentence: string): void {
    this.#output.out(`${this.show(sentence)}\n`);
  }

  /** A line of a batch, whose tabs and carriage returns are the user's own. */
  echo(line: string): void {
    this.#output.out(`${line.replaceAll(/[^\t\r]+/g, this.show)}\n`);
  }

  /** Text that is fit for a terminal already, lines with their ends. */
  print(text: string): void {
    this.#output.out(text);
  }

  /** Over the line on which the cursor is. */
  interrupt(text: string): void {
    this.#output.error(`\r${text}\n`);
  }

  /** The same as say(), on stderr. */
  tell(sentence: string): void {
    this.#output.error(`${this.show(sentence)}\n`);
  }

  /** About something that is no problem, on stderr as OpenSSH's log has it. */
  note(sentence: string): void {
    if (this.showsNotes) this.problem(sentence);
  }

  /** With -v: as much as `verbosity` wants. */
  readonly debug = ({ level, text }: LogLine): void => {
    if (logLevels.indexOf(level) - logLevels.indexOf('debug1') < this.verbosity) this.problem(`${level}: ${text}`);
  };

  problem(sentence: string): void {
    this.#output.error(`${this.show(sentence)}\r\n`);
  }
}
