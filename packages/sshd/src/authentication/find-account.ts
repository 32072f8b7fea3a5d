// Who a user is on this system, and whether the account may log in: the user database, the shell, the shadow entry, and
// the lists of the configuration, in the order in which OpenSSH asks. Needs no more rights than reading shadow.

import * as fs from 'node:fs';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import type { ShadowEntry } from '@sallyport/system/accounts';
import { accountByName, groupById, groupsOf, shadowEntry } from '@sallyport/system/accounts';
import { monitorSettings } from '../configuration/login-settings.ts';
import type { Ends } from '../listener/connections.ts';
import type { FoundAccount } from '../monitor/monitor.ts';
import type { AccountRecord, AccountState } from './login-policy.ts';
import { isExpired, refusedAccount } from './login-policy.ts';
import { refusedByLists } from './user-lists.ts';

const isRoot = (): boolean => process.getuid?.() === 0;

/** The options that hold for a user from there, Match blocks included. */
export function optionsForUser(config: SshdConfig, user: string, ends: Ends): SshdOptions {
  const account = accountByName(user);
  const groups = account === undefined ? [] : groupNames(account);
  return config.optionsFor({
    user,
    invalidUser: account === undefined,
    groups,
    host: ends.peer.address,
    address: ends.peer.address,
    localAddress: ends.local.address,
    localPort: ends.local.port,
  });
}

/** The account that may log in from there, or why it may not, and what holds for it in either case. */
export function findAccount(config: SshdConfig, user: string, ends: Ends): FoundAccount {
  const settings = optionsForUser(config, user, ends);
  const judged = monitorSettings(settings, isRoot());
  const account = accountByName(user);
  if (account === undefined || account.name !== user) return { settings: judged };
  const { address } = ends.peer;
  const lists = {
    allowUsers: settings.AllowUsers,
    denyUsers: settings.DenyUsers,
    allowGroups: settings.AllowGroups,
    denyGroups: settings.DenyGroups,
  };
  const listed = { name: user, groups: groupNames(account), host: address, address };
  const refusal = refusedAccount(account, stateOf(account)) ?? refusedByLists(lists, listed) ?? notOurs(account);
  return refusal === undefined ? { account, settings: judged } : { account, refusal, settings: judged };
}

/** An ordinary user's sshd serves that user only. */
function notOurs(account: AccountRecord): LogLine | undefined {
  if (isRoot() || process.getuid?.() === account.uid) return undefined;
  return { level: 'info', text: `User ${account.name} not allowed because sshd does not run as root` };
}

function groupNames(account: AccountRecord): readonly string[] {
  return groupsOf(account.name, account.gid).flatMap((gid) => groupById(gid)?.name ?? []);
}

/** The shadow entry, which only root may see. */
export function shadowOf(account: AccountRecord): ShadowEntry | undefined {
  return isRoot() ? shadowEntry(account.name) : undefined;
}

function stateOf(account: AccountRecord): AccountState {
  const shadow = shadowOf(account);
  return {
    locked: shadow?.hash.startsWith('!') === true,
    expired: shadow !== undefined && isExpired(shadow, today()),
    shell: shellState(account.shell),
  };
}

/** Days since 1970-01-01. */
function today(): number {
  return Math.floor(Date.now() / 86_400_000);
}

function shellState(shell: string): AccountState['shell'] {
  try {
    const stat = fs.statSync(shell);
    return stat.isFile() && (stat.mode & 0o111) !== 0 ? 'executable' : 'not-executable';
  } catch {
    return 'missing';
  }
}
