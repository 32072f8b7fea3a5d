// The monitor's view of the real system: the user database, key files, passwords, time. Every question is asked with
// the rights that it needs and no more.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { groupsOf } from '@sallyport/system/accounts';
import { asAccount } from '@sallyport/system/identity';
import { authorizedKeysFiles, permitsVariable } from '../configuration/login-settings.ts';
import type { Ends } from '../listener/connections.ts';
import type { OwnProgram } from '../listener/worker-program.ts';
import type { MonitorPorts } from '../monitor/monitor.ts';
import { findAuthorizedKey } from './authorized-keys-check.ts';
import { checkPassword } from './check-password.ts';
import { minimumDelayMs, remainingDelayMs } from './failure-delay.ts';
import { findAccount, optionsForUser, shadowOf } from './find-account.ts';

export interface SystemPortsOptions {
  readonly crypto: CryptoProvider;
  readonly config: SshdConfig;
  readonly program: OwnProgram;
  readonly log: (line: LogLine) => void;
  /** Makes the delay of refusals differ from one daemon to the next. */
  readonly secret: Uint8Array;
}

const isRoot = (): boolean => process.getuid?.() === 0;

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
    checkPassword: (account, password) => checkPassword(program, shadowOf(account)?.hash, password),
    delay: (user, startedMs) => {
      const remaining = remainingDelayMs(minimumDelayMs(crypto, secret, user), performance.now() - startedMs);
      return new Promise((resolve) => {
        setTimeout(resolve, remaining);
      });
    },
    now: () => performance.now(),
  };
}
