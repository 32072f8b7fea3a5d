// The monitor's view of the real system: the user database, key files, passwords, time. Every question is asked with
// the rights that it needs and no more.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import type { SshdConfig } from '@sallyport/protocol/config/resolve-sshd';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { base64Encode } from '@sallyport/protocol/wire/base64';
import { groupsOf } from '@sallyport/system/accounts';
import type { OwnProgram } from '@sallyport/system/own-program';
import { hostSettings, keySettings } from '../configuration/key-settings.ts';
import type { KeyAnswer, KeyQuestion } from '../keys/question.ts';
import type { Ends } from '../listener/connections.ts';
import type { MonitorPorts } from '../monitor/monitor.ts';
import { checkPassword } from './check-password.ts';
import { minimumDelayMs, remainingDelayMs } from './failure-delay.ts';
import { findAccount, optionsForUser, shadowOf } from './find-account.ts';

export interface SystemPortsOptions {
  readonly crypto: CryptoProvider;
  readonly config: SshdConfig;
  readonly program: OwnProgram;
  readonly log: (line: LogLine) => void;
  /** Whether a key may be used: read from files that may take their time. */
  readonly askKey: (question: KeyQuestion) => Promise<KeyAnswer>;
  /** Makes the delay of refusals differ from one daemon to the next. */
  readonly secret: Uint8Array;
}

/** The ports of one connection. */
export function systemPorts(options: SystemPortsOptions, ends: Ends): Omit<MonitorPorts, 'sign' | 'log'> {
  const { crypto, config, program, log, secret, askKey } = options;
  /** What "would this key do" was answered with holds for the signature by it that follows. */
  let last: { readonly key: string; readonly answer: KeyAnswer } | undefined;
  return {
    findAccount: (user) => findAccount(config, user, ends),
    findKey: async (account, { blob }) => {
      const key = base64Encode(blob);
      const question = (): KeyQuestion => ({
        account: { ...account, groups: groupsOf(account.name, account.gid) },
        key,
        ...ends,
        ...keySettings(optionsForUser(config, account.name, ends), account),
      });
      const answer = last?.key === key ? last.answer : await askKey(question());
      const { lines, allowed } = answer;
      last = allowed && { key, answer };
      for (const line of lines) log(line);
      return allowed;
    },
    findHost: async (account, { blob }, claimed) => {
      const settings = optionsForUser(config, account.name, ends);
      const { lines, allowed } = await askKey({
        account: { ...account, groups: groupsOf(account.name, account.gid) },
        key: base64Encode(blob),
        ...ends,
        ...keySettings(settings, account),
        host: { ...claimed, ...hostSettings(settings) },
      });
      for (const line of lines) log(line);
      return allowed;
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
