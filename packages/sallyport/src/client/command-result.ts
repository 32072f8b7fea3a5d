// How a command ended and what it wrote. Text is decoded when it is
// asked for: much output need not become strings.

/** RFC 4254 section 6.10: a status, or the signal that ended it (without `SIG`). */
export type Exit =
  | { readonly code: number; readonly signal?: undefined }
  | {
      readonly code?: undefined;
      readonly signal: string;
      readonly coreDumped: boolean;
      readonly description: string;
    };

export class CommandResult {
  readonly exit: Exit;
  readonly stdoutBytes: Uint8Array;
  readonly stderrBytes: Uint8Array;

  constructor(exit: Exit, stdoutBytes: Uint8Array, stderrBytes: Uint8Array) {
    this.exit = exit;
    this.stdoutBytes = stdoutBytes;
    this.stderrBytes = stderrBytes;
  }

  /** What the command wrote, as UTF-8 text; what is not UTF-8 becomes U+FFFD. */
  get stdout(): string {
    return new TextDecoder().decode(this.stdoutBytes);
  }

  get stderr(): string {
    return new TextDecoder().decode(this.stderrBytes);
  }
}
