// What stands in front of a key, a name or in a certificate: whether it lets the key be used from there and now, and
// what a session of it may do.

import { judgeKeyUse } from '@sallyport/protocol/keys/formats/authorized-keys';
import type { KeyOptions, PermittedAddress } from '@sallyport/protocol/keys/formats/key-options';
import { visible } from '@sallyport/protocol/log/log';
import type { LogLine, PeerAddress } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { matchNetworkList } from '@sallyport/protocol/wire/patterns';
import { localSeconds } from '@sallyport/system/local-time';
import type { KeyGrant } from './grant.ts';
import type { AccountRecord } from './login-policy.ts';

/** Who wants in, and what it depends on. */
export interface LoginAttempt {
  readonly account: AccountRecord;
  readonly peer: PeerAddress;
  /** Name patterns of environment= that PermitUserEnvironment lets through. */
  readonly permitsVariable: (name: string) => boolean;
  readonly log: (line: LogLine) => void;
}

/** Whether options let a key be used; says why not. `place` is where they stand. */
export function optionsPermit(options: KeyOptions, place: string, { account, peer, log }: LoginAttempt): boolean {
  const { address } = peer;
  if (options.principals !== undefined && !options.certAuthority) {
    log({ level: 'error', text: `${visible(place)}: principals on non-CA key` });
    return false;
  }
  const now = Math.floor(Date.now() / 1000);
  const verdict = judgeKeyUse(options, { host: address, address, now, localTime: localSeconds });
  if (verdict === 'expired') {
    log({ level: 'info', text: `${visible(place)}: key has expired` });
    return false;
  }
  if (verdict !== 'allowed') {
    const details = { host: address, address, required: options.from ?? '' };
    log(stableLines.keyFromRefused(visible(place), account.name, details));
    return false;
  }
  return sourcePermits(options, place, { account, address, log });
}

function sourcePermits(
  { sourceAddress }: KeyOptions,
  place: string,
  { account, address, log }: Pick<LoginAttempt, 'account' | 'log'> & { readonly address: string },
): boolean {
  if (sourceAddress === undefined) return true;
  const matched = matchNetworkList(address, sourceAddress);
  if (matched === true) return true;
  if (matched === 'invalid') log({ level: 'error', text: `${visible(place)}: Certificate source-address invalid` });
  else log(stableLines.certificateSourceRefused(visible(place), account.name, address));
  return false;
}

/** What a session may do by these options. */
export function keyGrant(options: KeyOptions, { permitsVariable }: LoginAttempt): KeyGrant {
  const { command, environment, permissions, permitOpen } = options;
  const variables = environment.filter(({ name }) => permitsVariable(name));
  return {
    ...(command === undefined ? {} : { forcedCommand: command }),
    environment: variables.map(({ name, value }) => `${name}=${value}`),
    permitPty: permissions.pty,
    permitPortForwarding: permissions.portForwarding,
    permitAgentForwarding: permissions.agentForwarding,
    permitOpen: permitOpen.length === 0 ? [] : [permitOpen.map(targetText)],
    touchRequired: options.touchRequired,
    verifyRequired: options.verifyRequired,
  };
}

function targetText({ host, port }: PermittedAddress): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
