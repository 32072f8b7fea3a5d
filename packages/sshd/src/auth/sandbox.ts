// What an auth process gives up before it meets a stranger: as root its identity, the file system and new
// privileges; always core files, writing files, being traced, and outliving its monitor.

import * as fs from 'node:fs';
import { accountByName } from '@sallyport/system/accounts';
import {
  dieWithParent,
  dropPrivileges,
  forbidNewPrivileges,
  forbidTracing,
  limitResource,
} from '@sallyport/system/identity';

/** OpenSSH's account and empty folder for the same purpose; `nobody` stands in where they are missing. */
const accountNames = ['sshd', 'nobody'];
const emptyFolders = ['/run/sshd', '/var/empty', '/var/run/sshd'];

/** Throws when something of it cannot be given up: then nobody is served. */
export function enterSandbox(): void {
  dieWithParent();
  if (process.getuid?.() === 0) {
    const account = accountNames.map((name) => accountByName(name)).find((found) => found !== undefined);
    if (account === undefined) throw new Error('there is no account sshd to run the auth process as');
    dropPrivileges({ uid: account.uid, gid: account.gid, folder: emptyFolder() });
    dieWithParent();
  }
  forbidNewPrivileges();
  limitResource('fileBytes', 0);
  limitResource('coreBytes', 0);
  forbidTracing();
}

/** A folder of root's that nobody else can write to. */
function emptyFolder(): string {
  for (const folder of emptyFolders) {
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true && stat.uid === 0 && (stat.mode & 0o022) === 0) return folder;
  }
  throw new Error(`no empty folder for the auth process: make ${emptyFolders[0]}, owned by root, mode 0755`);
}
