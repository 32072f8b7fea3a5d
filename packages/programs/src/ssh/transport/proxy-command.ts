// ProxyCommand: a program of the user's shell that is the connection (ssh_config(5)). The shell is replaced by the
// program, so that there is one process to hang up.

import type { LogSink } from '@sallyport/protocol/log/log';
import { openProcess } from './process-transport.ts';
import type { OpenedTransport, TransportFailure } from './transport-result.ts';

export interface ProxyCommandOptions {
  /** With its tokens expanded. */
  readonly command: string;
  /** $SHELL, or /bin/sh. */
  readonly shell: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: LogSink;
}

export function openProxyCommand({
  shell,
  env,
  log,
  ...given
}: ProxyCommandOptions): OpenedTransport | TransportFailure {
  const command = `exec ${given.command}`;
  log('debug1', `Executing proxy command: ${command}`);
  return openProcess({ path: shell, argv: [shell, '-c', command], env });
}
