// Leaves a program from any depth with a last line on stderr and an exit status. Thrown by the modes of a program and
// caught in its main; nothing else catches it.

export class ProgramExit extends Error {
  override readonly name = 'ProgramExit';
  readonly status: number;

  /** An empty message prints nothing. OpenSSH's fatal errors have status 255. */
  constructor(message: string, status = 255) {
    super(message);
    this.status = status;
  }
}
