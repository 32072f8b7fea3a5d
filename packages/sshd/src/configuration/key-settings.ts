// From the options that hold for a user to what a key question says of the configuration: files and commands with the
// accounts that they run as.

import { namesOfList } from '@sallyport/protocol/config/algorithm-list';
import { isProblem } from '@sallyport/protocol/config/config-error';
import { expand } from '@sallyport/protocol/config/percent';
import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import { splitWords } from '@sallyport/protocol/config/words';
import { accountByName, groupsOf } from '@sallyport/system/accounts';
import type { AccountRecord } from '../authentication/login-policy.ts';
import type { HostClaim, KeyQuestion, ListingCommand } from '../keys/question.ts';
import { accountFile, authorizedKeysFiles } from './login-settings.ts';

type KeySettings = Omit<KeyQuestion, 'account' | 'key' | 'peer' | 'local'>;

export function keySettings(options: SshdOptions, account: AccountRecord): KeySettings {
  const { TrustedUserCAKeys, AuthorizedPrincipalsFile } = options;
  const principalsFile = isSet(AuthorizedPrincipalsFile) ? accountFile(AuthorizedPrincipalsFile, account) : undefined;
  const { AuthorizedKeysCommand, AuthorizedKeysCommandUser } = options;
  const keysCommand = listingCommand(AuthorizedKeysCommand, AuthorizedKeysCommandUser, account);
  const { AuthorizedPrincipalsCommand, AuthorizedPrincipalsCommandUser } = options;
  const principalsCommand = listingCommand(AuthorizedPrincipalsCommand, AuthorizedPrincipalsCommandUser, account);
  return {
    files: authorizedKeysFiles(options, account),
    strictModes: options.StrictModes,
    permitUserEnvironment: options.PermitUserEnvironment,
    revokedKeys: options.RevokedKeys,
    authorityAlgorithms: namesOfList(options.CASignatureAlgorithms),
    ...(isSet(TrustedUserCAKeys) ? { trustedAuthorities: TrustedUserCAKeys } : {}),
    ...(principalsFile === undefined ? {} : { principalsFile }),
    ...(keysCommand === undefined ? {} : { keysCommand }),
    ...(principalsCommand === undefined ? {} : { principalsCommand }),
  };
}

/** What holds for hosts that vouch for their users. */
export function hostSettings(options: SshdOptions): Omit<HostClaim, 'clientHost' | 'clientUser'> {
  return {
    ignoreRhosts: options.IgnoreRhosts,
    ignoresUserKnownHosts: options.IgnoreUserKnownHosts,
    usesNameFromPacketOnly: options.HostbasedUsesNameFromPacketOnly,
  };
}

function isSet(value: string): boolean {
  return value.toLowerCase() !== 'none';
}

function listingCommand(text: string, user: string, account: AccountRecord): ListingCommand | undefined {
  if (!isSet(text)) return undefined;
  const words = splitWords(text, { comments: false }) ?? [];
  const name = expand(user, { tokens: { letters: 'u', values: { u: account.name } } });
  const found = isProblem(name) ? undefined : accountByName(name);
  const runAs = found && { ...found, groups: groupsOf(found.name, found.gid) };
  return { words, user: isProblem(name) ? user : name, runAs };
}
