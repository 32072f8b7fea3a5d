// For descriptors that somebody left non-blocking: how such a read or write fails, and a pause before the next try.
// Only for programs that have nothing else to do meanwhile.

export function isNonBlockingError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN';
}

/** Blocks the whole thread. */
export function pauseMilliseconds(duration: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, duration);
}
