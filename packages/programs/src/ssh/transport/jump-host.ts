// ProxyJump: another ssh of ours, which logs in on the last jump host and connects from there (ssh_config(5)). It goes
// through the jump hosts before that one in the same way. No shell reads the names.

import type { Destination } from '@sallyport/protocol/config/destination';
import type { JumpHosts } from '@sallyport/protocol/config/kinds-ssh';
import { formatJumpHost } from '@sallyport/protocol/config/kinds-ssh';
import type { LogSink } from '@sallyport/protocol/log/log';
import { ownProgram } from '@sallyport/system/own-program';
import { openProcess } from './process-transport.ts';
import type { OpenedTransport, TransportFailure } from './transport-result.ts';

export interface JumpOptions {
  /** What ssh is called with. */
  readonly jumpArguments: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly log: LogSink;
}

export interface Jump {
  /** At least one. */
  readonly hosts: JumpHosts;
  readonly target: { readonly host: string; readonly port: number };
  /** Of -F. */
  readonly configFile: string | undefined;
  readonly verbosity: number;
}

/** The arguments of the ssh that goes to the last of the hosts. */
export function jumpArguments({ hosts, target, configFile, verbosity }: Jump): readonly string[] {
  const last = hosts.at(-1) as Destination;
  const before = hosts.slice(0, -1);
  return [
    ...(last.user === undefined ? [] : ['-l', last.user]),
    ...(last.port === undefined ? [] : ['-p', `${last.port}`]),
    ...(before.length === 0 ? [] : ['-J', before.map(formatJumpHost).join(',')]),
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(verbosity === 0 ? [] : [`-${'v'.repeat(verbosity)}`]),
    '-W',
    `[${target.host}]:${target.port}`,
    '--',
    last.host,
  ];
}

export function openJump({ jumpArguments: words, env, log }: JumpOptions): OpenedTransport | TransportFailure {
  log('debug1', `Setting implicit ProxyCommand from ProxyJump: ssh ${words.join(' ')}`);
  const own = ownProgram();
  return openProcess({ path: own.path, argv: [...own.argv('ssh'), ...words], env });
}
