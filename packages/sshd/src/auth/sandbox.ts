// What an auth process gives up before it meets a stranger: as root its identity, the file system and new
// privileges; always core files, writing files, being traced, and outliving its monitor. The monitor looks up once
// where and as whom that is, because a look-up in the user database costs each start milliseconds.

import * as fs from 'node:fs';
import type { Account } from '@sallyport/system/accounts';
import { accountByName } from '@sallyport/system/accounts';
import {
  dieWithParent,
  dropPrivileges,
  forbidNewPrivileges,
  forbidTracing,
  limitResource,
} from '@sallyport/system/identity';
import { messages } from '../messages.ts';

/** OpenSSH's account and empty folder for the same purpose; `nobody` stands in where they are missing. */
const accountNames = ['sshd', 'nobody'] as const;
const emptyFolders = ['/run/sshd', '/var/empty', '/var/run/sshd'] as const;

/** For the monitor: the arguments of an auth process, none for an ordinary user. Throws when there is no such place. */
export function sandboxArguments(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const [account, folder] = [sandboxAccount(), emptyFolder()];
  if (account === undefined || folder === undefined) throw new Error(missingForSandbox());
  return [String(account.uid), String(account.gid), folder];
}

/** As root: what the sandbox needs and this machine does not have, before anybody is served. */
export function missingForSandbox(): string | undefined {
  if (process.getuid?.() !== 0) return undefined;
  if (sandboxAccount() === undefined) return messages.noAuthAccount(accountNames[0]);
  if (emptyFolder() !== undefined) return undefined;
  const [first] = emptyFolders;
  return fs.existsSync(first) ? messages.unsafeAuthFolder(first) : messages.noAuthFolder(first);
}

/** Throws when something of it cannot be given up: then nobody is served. */
export function enterSandbox([uid, gid, folder]: readonly string[]): void {
  dieWithParent();
  if (process.getuid?.() === 0) {
    if (folder === undefined) throw new Error('root has to say where and as whom the auth process runs');
    dropPrivileges({ uid: Number(uid), gid: Number(gid), folder });
    dieWithParent();
  }
  forbidNewPrivileges();
  limitResource('fileBytes', 0);
  limitResource('coreBytes', 0);
  forbidTracing();
}

function sandboxAccount(): Account | undefined {
  return accountNames.map((name) => accountByName(name)).find((found) => found !== undefined);
}

/** A folder of root's that nobody else can write to. */
function emptyFolder(): string | undefined {
  return emptyFolders.find((folder) => {
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    return stat?.isDirectory() === true && stat.uid === 0 && (stat.mode & 0o022) === 0;
  });
}
