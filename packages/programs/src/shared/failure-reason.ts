// Why a call of node:fs failed, in the words that every program of the C library has for it. Errors that are not the
// system's are no failure of a call, and are thrown on.

import { errorText } from '@sallyport/system/system-error';

/** The C library's sentence for the error. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return errorText(String(error.code));
  throw error;
}
