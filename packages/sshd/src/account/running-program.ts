// What runs in a session, seen from its channel: a process with its descriptors, or a service of this process. Bytes
// flow both ways with back-pressure; the end is told once, after everything that was said has been passed on.

import type { Grant } from '../authentication/grant.ts';
import type { SessionCommand } from './session-command.ts';
import type { SessionTerminal } from './session-terminal.ts';

export interface ProgramEnd {
  readonly code?: number;
  readonly signal?: number;
  readonly coreDumped?: boolean;
}

export interface ProgramOptions {
  readonly grant: Grant;
  readonly command: SessionCommand;
  readonly accepted: ReadonlyMap<string, string>;
  /** The file of ExposeAuthInfo. */
  readonly factsPath: string | undefined;
  /** The socket of the client's agent, when it is lent. */
  readonly agentPath: string | undefined;
  readonly terminal: SessionTerminal | undefined;
  /** Takes over the bytes; false when reading should pause until resume(). */
  readonly onOutput: (data: Uint8Array, isError: boolean) => boolean;
  /** That many bytes of write() have been taken. */
  readonly onConsumed: (bytes: number) => void;
  readonly onEnd: (end: ProgramEnd) => void;
}

export interface RunningProgram {
  /** The view is valid until this returns. */
  write(data: Uint8Array): void;
  /** The client sends no more. */
  endInput(): void;
  /** The client has room for output again. */
  resume(): void;
  /** The client wants no more output. */
  stopOutput(): void;
  /** Whether the program gets the signal. */
  signal(name: string): boolean;
  /** The channel is gone. */
  destroy(): void;
}
