// Errors of served files that are found here rather than by the system, in the system's words; and the codes of those
// that are the system's.

import type { ErrorCode } from '@sallyport/system/error-codes';
import { errorNumber, SystemError } from '@sallyport/system/system-error';

export function fileError(code: ErrorCode, call: string): SystemError {
  return new SystemError(call, errorNumber(code));
}

/** The code of an error of the system, of the runtime or of an application's file system. */
export function codeOf(error: unknown): string {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
