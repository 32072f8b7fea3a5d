// The error of a failed call of the C library: code, number, call, and the C library's sentence for it. `errorText`
// serves errors of the runtime's own sockets and files too, which carry the same code names.

import type { ErrorCode } from './error-codes.ts';
import { errorCodes } from './error-codes.ts';

export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** Name of the error, as `ECONNREFUSED`. */
  readonly code: string;
  /** Its number, positive. */
  readonly errno: number;
  /** The function that failed. */
  readonly syscall: string;

  constructor(syscall: string, errno: number, subject?: string) {
    const code = errorCodeOf(errno);
    super(`${syscall}${subject === undefined ? '' : ` ${subject}`}: ${errorText(code)}`);
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

/** The name of an error number; `E999` when Linux has no such number. */
export function errorCodeOf(errno: number): string {
  for (const [code, [number]] of Object.entries(errorCodes)) if (number === errno) return code;
  return `E${errno}`;
}

/** The number of an error name. */
export function errorNumber(code: ErrorCode): number {
  return errorCodes[code][0];
}

/** The C library's sentence for an error name: `ECONNREFUSED` gives `Connection refused`. */
export function errorText(code: string): string {
  const row = Object.hasOwn(errorCodes, code) ? errorCodes[code as ErrorCode] : undefined;
  return row === undefined ? `Unknown error ${code.replace(/^E/, '')}` : row[1];
}
