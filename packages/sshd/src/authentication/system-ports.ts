// The monitor's view of the real system: the user database, key files, passwords, time. Every question is asked with
// the rights that it needs and no more.

import * as fs from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { accountByName, groupById, groupsOf, shadowEntry } from '@sallyport/system/accounts';
import { asAccount } from '@sallyport/system/identity';
import { authorizedKeysFiles, monitorSettings, permitsVariable } from '../configuration/login-settings.ts';
import type { Ends } from '../listener/connections.ts';
import type { OwnProgram } from '../listener/worker-program.ts';
import type { FoundAccount, MonitorPorts } from '../monitor/monitor.ts';
import { findAuthorizedKey } from './authorized-keys-check.ts';
import { checkPassword } from './check-password.ts';
import { minimumDelayMs, remainingDelayMs } from './failure-delay.ts';
import type { AccountRecord, AccountState } from './login-policy.ts';
import { refusedAccount } from './login-policy.ts';
import { refusedByLists } from './user-lists.ts';

export interface SystemPortsOptions {
  readonly crypto: CryptoProvider;
  readonly config: SshdConfig;
  readonly program: OwnProgram;
  readonly log: (line: LogLine) => void;
  /** Makes the delay of refusals differ from one daemon to the next. */
  readonly secret: Uint8Array;
}

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

export function systemPorts(options: SystemPortsOptions, ends: Ends): Omit<MonitorPorts, 'sign' | 'log'> {
  const { crypto, config, program, log, secret } = options;
  return {
    findAccount: (user) => findAccount(config, user, ends),
    findKey: (account, key) => {
      const settings = optionsForUser(config, account.name, ends);
      const search = (): ReturnType<MonitorPorts['findKey']> =>
        findAuthorizedKey(key, {
          account,
          files: authorizedKeysFiles(settings, account),
          strictModes: settings.StrictModes,
          peer: ends.peer,
          permitsVariable: (name) => permitsVariable(settings.PermitUserEnvironment, name),
          fingerprint: (candidate) => fingerprint(crypto, candidate),
          log,
        });
      return isRoot() ? asAccount({ ...account, groups: groupsOf(account.name, account.gid) }, search) : search();
    },
    checkPassword: (account, password) =>
      checkPassword(program, isRoot() ? shadowEntry(account.name)?.hash : undefined, password),
    delay: (user, startedMs) => {
      const remaining = remainingDelayMs(minimumDelayMs(crypto, secret, user), performance.now() - startedMs);
      return new Promise((resolve) => {
        setTimeout(resolve, remaining);
      });
    },
    now: () => performance.now(),
  };
}

function findAccount(config: SshdConfig, user: string, ends: Ends): FoundAccount {
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

function stateOf(account: AccountRecord): AccountState {
  const hash = isRoot() ? shadowEntry(account.name)?.hash : undefined;
  return {
    locked: hash?.startsWith('!') === true,
    shell: shellState(account.shell === '' ? '/bin/sh' : account.shell),
  };
}

function shellState(shell: string): AccountState['shell'] {
  try {
    const stat = fs.statSync(shell);
    return stat.isFile() && (stat.mode & 0o111) !== 0 ? 'executable' : 'not-executable';
  } catch {
    return 'missing';
  }
}
