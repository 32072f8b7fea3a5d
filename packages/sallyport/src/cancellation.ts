// One way to give up for every call of the library: an
// AbortSignal, a limit of time, or both.

import type { SshError } from './errors.ts';
import { AbortedError, TimeoutError } from './errors.ts';

export interface CallOptions {
  /** Aborting it rejects the call with AbortedError; the connection goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the call rejects with TimeoutError; no limit unless told. */
  readonly timeoutMs?: number | undefined;
}

/** Throws when the signal is aborted already. */
export function throwIfAborted(options: CallOptions): void {
  if (options.signal?.aborted === true) throw abortedError(options.signal);
}

/**
 * Calls `cancel` once if the signal is aborted or the time is over; the returned function ends the watch. The signal
 * must not be aborted yet.
 */
export function watch(options: CallOptions, cancel: (error: SshError) => void): () => void {
  const { signal, timeoutMs } = options;
  const stop = (): void => {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  };
  const give = (error: SshError): void => {
    stop();
    cancel(error);
  };
  const onAbort = (): void => give(abortedError(signal));
  const timer =
    timeoutMs === undefined
      ? undefined
      : setTimeout(() => give(new TimeoutError('timed-out', `not done in ${timeoutMs} ms`)), timeoutMs);
  signal?.addEventListener('abort', onAbort);
  return stop;
}

/** The promise, or a rejection as soon as the call is given up; `cancel` then stops the work. */
export async function cancellable<T>(
  options: CallOptions,
  start: () => Promise<T>,
  cancel: (error: SshError) => void,
): Promise<T> {
  throwIfAborted(options);
  let stop = (): void => undefined;
  const given = new Promise<never>((_, reject) => {
    stop = watch(options, (error) => {
      cancel(error);
      reject(error);
    });
  });
  try {
    return await Promise.race([start(), given]);
  } finally {
    stop();
  }
}

function abortedError(signal: AbortSignal | undefined): AbortedError {
  return new AbortedError('aborted', 'the call was aborted', { cause: signal?.reason });
}
