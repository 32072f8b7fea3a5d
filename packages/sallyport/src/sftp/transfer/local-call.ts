// Calls on our own files: what the system throws becomes an SftpError that says what was done to which file. Done at
// once where the files are synchronous, without a promise.

import { SshError } from '../../errors.ts';
import type { Eventually } from '../local-files.ts';
import { localError } from '../sftp-error.ts';

/** The outcome of the call; throws or rejects with SftpError, code `local-failed`. */
export function tryLocally<T>(operation: string, path: Uint8Array, call: () => Eventually<T>): Eventually<T> {
  const failed = (error: unknown): never => {
    throw error instanceof SshError ? error : localError(operation, path, error);
  };
  try {
    const outcome = call();
    return outcome instanceof Promise ? outcome.catch(failed) : outcome;
  } catch (error) {
    return failed(error);
  }
}
