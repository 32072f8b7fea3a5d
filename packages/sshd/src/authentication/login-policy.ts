// Which accounts may log in at all, and root by which method: a function of the account's record and the settings.
// An account that may not log in is answered like one that does not exist.

import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';

export type PermitRootLogin = 'yes' | 'no' | 'prohibit-password' | 'forced-commands-only';

export interface AccountRecord {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
}

/** What the system says of an account beyond its record. */
export interface AccountState {
  /** The password field is locked (begins with `!`); false where shadow cannot be read. */
  readonly locked: boolean;
  /** The day after which nobody may log in has come (shadow(5)). */
  readonly expired: boolean;
  readonly shell: 'executable' | 'missing' | 'not-executable';
}

/** Why an existing account may not log in, as a log line; undefined when it may. */
export function refusedAccount(account: AccountRecord, state: AccountState): LogLine | undefined {
  if (state.expired) return stableLines.expiredAccount(account.name);
  if (state.locked) return stableLines.lockedAccount(account.name);
  if (state.shell === 'missing') return stableLines.shellMissing(account.name, account.shell);
  if (state.shell === 'not-executable') return stableLines.shellNotExecutable(account.name, account.shell);
  return undefined;
}

/** Whether an account is past its day; days count from 1970-01-01. */
export function isExpired(shadow: { readonly expiryDay: number | undefined }, today: number): boolean {
  return shadow.expiryDay !== undefined && shadow.expiryDay > 0 && today > shadow.expiryDay;
}

/** Whether root may log in by a method that has succeeded; others always may. */
export function rootMay(
  setting: PermitRootLogin,
  uid: number,
  by: { readonly method: string; readonly forcedCommand: boolean },
): boolean {
  if (uid !== 0 || setting === 'yes') return true;
  if (setting === 'no') return false;
  const byKey = by.method === 'publickey' || by.method === 'hostbased' || by.method === 'gssapi-with-mic';
  return setting === 'prohibit-password' ? byKey : byKey && by.forcedCommand;
}
