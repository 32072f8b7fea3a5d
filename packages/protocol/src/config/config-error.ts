// What can be wrong in a configuration, as data. The texts are OpenSSH's, because people and tools know them; where a
// file is read and what follows (exit status, log level) is the program's matter.

/** A complaint about one value, before it is known where the value stands. */
export interface Problem {
  readonly problem: string;
  /** A sentence that is said before it, with its place if `placed`. */
  readonly because?: { readonly text: string; readonly placed: boolean };
}

/** A complaint with its place. */
export interface ConfigError {
  /** 'remark': said before another error of the same line, not counted. */
  readonly kind: 'bad-option' | 'bad-line' | 'remark' | 'terminating' | 'elsewhere';
  readonly file: string;
  /** From 1; 0 for the command line. */
  readonly line: number;
  /** The complaint without its place; for 'bad-option' the keyword. */
  readonly problem: string;
}

/** Something worth a log line that does not stop anybody, such as a deprecated keyword. */
export interface ConfigNote {
  readonly level: 'error' | 'info' | 'debug';
  readonly text: string;
}

/** Makes a Problem. */
export function problem(text: string): Problem {
  return { problem: text };
}

/** Whether a reader's answer is a complaint. */
export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** The errors that a refused line makes: what led to it, then itself. */
export function lineErrors(fault: Problem, file: string, line: number): readonly ConfigError[] {
  const error: ConfigError = { kind: 'bad-line', file, line, problem: fault.problem };
  if (fault.because === undefined) return [error];
  const { text, placed } = fault.because;
  return [{ kind: 'remark', file, line, problem: placed ? `${file} line ${line}: ${text}` : text }, error];
}

/** The sentence that a user reads. */
export function configErrorText(error: ConfigError): string {
  switch (error.kind) {
    case 'bad-option':
      return `${error.file}: line ${error.line}: Bad configuration option: ${error.problem}`;
    case 'bad-line':
      return `${error.file} line ${error.line}: ${error.problem}`;
    case 'terminating':
      return `${error.file}: terminating, ${error.problem} bad configuration options`;
    case 'remark':
    case 'elsewhere':
      return error.problem;
  }
}
