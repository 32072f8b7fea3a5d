// How a command ended and what it wrote.

/** RFC 4254 section 6.10: a status, or the signal that ended it (without `SIG`). */
export type Exit =
  | { readonly code: number; readonly signal?: undefined }
  | { readonly code?: undefined; readonly signal: string; readonly coreDumped: boolean; readonly description: string };

export interface CommandResult {
  /** What the command wrote, as UTF-8 text; `stdoutBytes` is exact. */
  readonly stdout: string;
  readonly stderr: string;
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;
  readonly exit: Exit;
}
