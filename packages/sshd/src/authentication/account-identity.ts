// Whom the process of an account becomes: its ids, its groups, and the root that ChrootDirectory gives it. A login
// whose root is not safe, or cannot be had, is refused.

import type { SshdOptions } from '@sallyport/protocol/config/sshd-keywords';
import type { LogLine } from '@sallyport/protocol/log/stable-lines';
import { stableLines } from '@sallyport/protocol/log/stable-lines';
import { groupsOf } from '@sallyport/system/accounts';
import type { AccountIdentity } from '../listener/account-worker.ts';
import { chrootDirectory } from './chroot-directory.ts';
import type { AccountRecord } from './login-policy.ts';

export function accountIdentity(
  account: AccountRecord,
  options: Pick<SshdOptions, 'ChrootDirectory'>,
): AccountIdentity | LogLine {
  const { name, uid, gid } = account;
  const groups = groupsOf(name, gid);
  const setting = options.ChrootDirectory;
  if (setting.toLowerCase() === 'none') return { name, uid, gid, groups };
  if (process.getuid?.() !== 0) return stableLines.chrootNeedsRoot();
  const chroot = chrootDirectory(setting, account);
  if (chroot === undefined) return { name, uid, gid, groups };
  return 'text' in chroot ? chroot : { name, uid, gid, groups, chroot: chroot.path };
}
