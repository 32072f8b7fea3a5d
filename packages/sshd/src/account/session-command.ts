// What a session runs: the client's request against the forced command of the key or the configuration. A pure
// decision; the log wording of `Starting session` comes from it, too.

import type { Grant } from '../authentication/grant.ts';

export type Wanted =
  | { readonly type: 'shell' }
  | { readonly type: 'exec'; readonly command: string }
  | { readonly type: 'subsystem'; readonly name: string };

/** Served in this process: SFTP, or the refusal of everything else where only that is offered. */
export type InternalService = 'sftp' | 'sftp-only';

export interface SessionCommand {
  /** Instead of a program; `command` has its options. */
  readonly internal?: InternalService;
  /** Undefined runs a login shell. */
  readonly command?: string;
  /** What the client asked for, for SSH_ORIGINAL_COMMAND, when something else runs. */
  readonly originalCommand?: string;
  readonly isSubsystem: boolean;
  readonly forced: boolean;
  /** `shell`, `command`, `subsystem 'NAME'`, `forced-command (key-option) 'COMMAND'`. */
  readonly description: string;
}

/** undefined when there is no such subsystem. */
export function sessionCommand(grant: Grant, wanted: Wanted): SessionCommand | undefined {
  const subsystem = wanted.type === 'subsystem' ? subsystemCommand(grant, wanted.name) : undefined;
  if (wanted.type === 'subsystem' && subsystem === undefined) return undefined;
  const asked = wanted.type === 'exec' ? wanted.command : subsystem;
  const isSubsystem = wanted.type === 'subsystem';
  if (grant.forcedCommand !== undefined) {
    const { command, source } = grant.forcedCommand;
    return {
      command,
      ...(asked === undefined ? {} : { originalCommand: asked }),
      ...(isInternalSftp(command) && { internal: isSubsystem ? 'sftp' : 'sftp-only' }),
      isSubsystem: false,
      forced: true,
      description: `forced-command (${source}) '${command}'`,
    };
  }
  if (asked === undefined) return { isSubsystem, forced: false, description: 'shell' };
  const description = wanted.type === 'subsystem' ? `subsystem '${wanted.name}'` : 'command';
  const internal = isSubsystem && isInternalSftp(asked) ? { internal: 'sftp' as const } : {};
  return { command: asked, ...internal, isSubsystem, forced: false, description };
}

/** `internal-sftp`, with or without options; nothing that begins with it otherwise. */
function isInternalSftp(command: string): boolean {
  return /^internal-sftp([ \t]|$)/.test(command);
}

/** Path, argv and so on of the process: `SHELL -c COMMAND`, or a login shell whose argv[0] begins with a dash. */
export function shellArguments(shell: string, command: string | undefined): readonly string[] {
  const name = shell.slice(shell.lastIndexOf('/') + 1);
  return command === undefined ? [`-${name}`] : [name, '-c', command];
}

function subsystemCommand(grant: Grant, name: string): string | undefined {
  return Object.hasOwn(grant.subsystems, name) ? grant.subsystems[name] : undefined;
}
