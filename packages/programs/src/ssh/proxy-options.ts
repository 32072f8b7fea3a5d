// What stands between us and the server by the configuration: a proxy command or jump hosts, with their tokens
// expanded.

import { isProblem } from '@sallyport/protocol/config/config-error';
import type { Destination } from '@sallyport/protocol/config/destination';
import { expandValue } from '@sallyport/protocol/config/ssh-tokens';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { ConfigFailure } from './config-files.ts';
import type { ProgramLog } from './log.ts';
import { optionMessages } from './messages.ts';
import type { Invocation } from './options.ts';
import type { ConnectionPlan } from './read-config.ts';
import type { JumpOptions } from './transport/jump-host.ts';
import { jumpArguments } from './transport/jump-host.ts';
import type { ProxyCommandOptions } from './transport/proxy-command.ts';

export interface ProxySource {
  readonly plan: ConnectionPlan;
  /** What an ssh that goes to a jump host is told as well. */
  readonly invocation: Pick<Invocation, 'configFile' | 'verbosity'>;
  readonly log: ProgramLog;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** undefined: nothing. @throws ConfigFailure for wrong tokens */
export function proxyOptions(given: ProxySource): ProxyCommandOptions | JumpOptions | undefined {
  const { plan, invocation, log, environment } = given;
  const { ProxyCommand, ProxyJump } = plan.options;
  const env = withoutRuntimeVariables(environment);
  if (ProxyCommand !== undefined && ProxyCommand.toLowerCase() !== 'none') {
    const command = expanded('ProxyCommand', ProxyCommand, plan);
    return { command, shell: environment['SHELL'] || '/bin/sh', env, log: log.log };
  }
  if (ProxyJump.length === 0) return undefined;
  const hosts = ProxyJump.map((jump) => expandedJump(jump, plan));
  const { host, port } = plan;
  return { jumpArguments: jumpArguments({ ...invocation, hosts, target: { host, port } }), env, log: log.log };
}

function expanded(name: 'ProxyCommand' | 'ProxyJump', text: string, plan: ConnectionPlan): string {
  const value = expandValue(name, text, plan.expansion);
  if (isProblem(value)) throw new ConfigFailure([optionMessages.expansion(value.problem)]);
  return value;
}

function expandedJump({ user, host, ...rest }: Destination, plan: ConnectionPlan): Destination {
  const name = expanded('ProxyJump', host, plan);
  return { ...rest, host: name, ...(user !== undefined && { user: expanded('ProxyJump', user, plan) }) };
}
