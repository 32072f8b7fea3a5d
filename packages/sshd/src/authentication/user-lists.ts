// AllowUsers, DenyUsers, AllowGroups and DenyGroups: whether a user may log in from an address. A user pattern is
// `USER` or `USER@HOST`, the host a name pattern, an address or a network. DenyUsers comes first, then AllowUsers,
// DenyGroups, AllowGroups.

import { visible } from '@sallyport/protocol/log/log';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { matchHostAndAddress, matchPatternList } from '@sallyport/protocol/wire/patterns';

export interface UserLists {
  readonly allowUsers: readonly string[];
  readonly denyUsers: readonly string[];
  readonly allowGroups: readonly string[];
  readonly denyGroups: readonly string[];
}

export interface ListedUser {
  readonly name: string;
  readonly groups: readonly string[];
  readonly host: string;
  readonly address: string;
}

/** The log line of the refusal; undefined when the lists let the user in. */
export function refusedByLists(lists: UserLists, user: ListedUser): LogLine | undefined {
  const refuse = (why: string): LogLine => ({
    level: 'info',
    text: `User ${visible(user.name)} from ${visible(user.host)} not allowed because ${why}`,
  });
  if (lists.denyUsers.some((pattern) => matchesUser(pattern, user))) return refuse('listed in DenyUsers');
  if (lists.allowUsers.length > 0 && !lists.allowUsers.some((pattern) => matchesUser(pattern, user))) {
    return refuse('not listed in AllowUsers');
  }
  if (lists.denyGroups.length === 0 && lists.allowGroups.length === 0) return undefined;
  if (user.groups.length === 0) return refuse('not in any group');
  if (inGroups(lists.denyGroups, user)) return refuse('a group is listed in DenyGroups');
  if (lists.allowGroups.length > 0 && !inGroups(lists.allowGroups, user)) {
    return refuse("none of user's groups are listed in AllowGroups");
  }
  return undefined;
}

function matchesUser(pattern: string, user: ListedUser): boolean {
  const at = pattern.lastIndexOf('@');
  if (at < 0) return matchPatternList(user.name, pattern) === 'match';
  if (matchPatternList(user.name, pattern.slice(0, at)) !== 'match') return false;
  return matchHostAndAddress(user, pattern.slice(at + 1)) === true;
}

function inGroups(patterns: readonly string[], user: ListedUser): boolean {
  return patterns.some((pattern) => user.groups.some((group) => matchPatternList(group, pattern) === 'match'));
}
