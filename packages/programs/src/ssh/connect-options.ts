// What reaching a server goes by, and how its parts are told: options of the transport and of the protocols' stack
// from a plan's keywords.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { expandValue } from '@sallyport/protocol/config/ssh-tokens';
import type { ClientStackOptions } from '@sallyport/protocol/stack/client-stack';
import { withoutRuntimeVariables } from '@sallyport/system/environment';
import { preferencesOf } from 'sallyport/defaults';
import { libraryIdentification } from 'sallyport/version';
import { ConfigFailure } from './config-files.ts';
import type { HostKeyCheck } from './known-hosts-check.ts';
import type { ProgramLog } from './log.ts';
import { optionMessages } from './messages.ts';
import type { ConnectionPlan } from './read-config.ts';
import type { TransportOptions } from './transport/open-transport.ts';

/** Asks the user on the terminal or by SSH_ASKPASS; undefined when nobody answers. Who asked wipes the answer. */
export type AskUser = (prompt: string, options: { readonly echo: boolean }) => Promise<Uint8Array | undefined>;

export interface ConnectOptions {
  readonly plan: ConnectionPlan;
  readonly crypto: CryptoProvider;
  readonly log: ProgramLog;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ask: AskUser;
  /** Gets the server's banner. */
  readonly showBanner: (text: string) => void;
}

/** @throws ConfigFailure for a proxy command with wrong tokens */
export function transportOptions({ plan, log, environment }: ConnectOptions): TransportOptions {
  const { options, host, port } = plan;
  const { ProxyCommand, AddressFamily, BindAddress, ConnectTimeout, ConnectionAttempts, TCPKeepAlive } = options;
  if (ProxyCommand !== undefined && ProxyCommand.toLowerCase() !== 'none') {
    const command = expandValue('ProxyCommand', ProxyCommand, plan.expansion);
    if (isProblem(command)) throw new ConfigFailure([optionMessages.expansion(command.problem)]);
    const shell = environment['SHELL'] || '/bin/sh';
    return { command, shell, env: withoutRuntimeVariables(environment), log: log.log };
  }
  return {
    host,
    port,
    family: AddressFamily === 'any' ? undefined : AddressFamily,
    bindAddress: BindAddress,
    timeoutMs: typeof ConnectTimeout === 'number' && ConnectTimeout > 0 ? ConnectTimeout * 1000 : undefined,
    attempts: ConnectionAttempts,
    keepAlive: TCPKeepAlive,
    log: log.log,
  };
}

export async function stackOptions(
  { plan, crypto, log }: ConnectOptions,
  check: HostKeyCheck,
): Promise<ClientStackOptions> {
  const { Ciphers, MACs, KexAlgorithms, RekeyLimit, VersionAddendum } = plan.options;
  const addendum = VersionAddendum === undefined || VersionAddendum === 'none' ? '' : ` ${VersionAddendum}`;
  const chosen = plan.mentioned.some(({ name }) => name === 'HostKeyAlgorithms');
  return {
    user: plan.user,
    transport: {
      crypto,
      identification: `${libraryIdentification}${addendum}`,
      preferences: preferencesOf('client', {
        ciphers: listOf(Ciphers),
        macs: listOf(MACs),
        keyExchanges: listOf(KexAlgorithms),
        hostKeyAlgorithms: await check.preferredAlgorithms(chosen),
      }),
      rekeyLimits: {
        ...(RekeyLimit.bytes === 0n ? {} : { bytes: Number(RekeyLimit.bytes) }),
        ...(RekeyLimit.seconds === 0 ? {} : { intervalMs: RekeyLimit.seconds * 1000 }),
      },
      now: performance.now(),
      log: log.log,
    },
  };
}

/** Names of a list as options hold it. */
export function listOf(names: string | undefined): readonly string[] {
  return names === undefined || names === '' ? [] : names.split(',');
}
