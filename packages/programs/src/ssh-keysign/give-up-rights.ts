// What the process that answers gives up before it looks at what a client has sent: as root its identity, and always
// new privileges and being looked into. It stays in the file system, for names of hosts and users.

import { accountByName } from '@sallyport/system/accounts';
import { becomeAccount, dieWithParent, forbidNewPrivileges, forbidTracing } from '@sallyport/system/identity';
import { fatal } from './messages.ts';

/** OpenSSH's account for the same purpose; `nobody` stands in where it is missing. */
const accountNames = ['sshd', 'nobody'] as const;

/** Throws when something cannot be given up: then nobody is answered. */
export function giveUpRights(): void {
  if (process.getuid?.() === 0) {
    const account = accountNames.map((name) => accountByName(name)).find((found) => found !== undefined);
    if (account === undefined) throw new Error(fatal.noAccount(accountNames.join(', ')));
    becomeAccount({ uid: account.uid, gid: account.gid, groups: [] });
    // Gone with the identity.
    dieWithParent();
  }
  forbidNewPrivileges();
  forbidTracing();
}
