// What an auth process gives up before it meets a stranger: as root its identity, the file system and new
// privileges; always core files, writing files, being traced, and outliving its monitor. The monitor looks up once
// where and as whom that is, because a look-up in the user database costs each start milliseconds.

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

/** For the monitor: the arguments of an auth process, none for an ordinary user. Throws when there is no such place. */
export function sandboxArguments(): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  const account = accountNames.map((name) => accountByName(name)).find((found) => found !== undefined);
  if (account === undefined) throw new Error('there is no account sshd to run the auth process as');
  return [String(account.uid), String(account.gid), emptyFolder()];
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

/** A folder of root's that nobody else can write to. */
function emptyFolder(): string {
  for (const folder of emptyFolders) {
    const stat = fs.statSync(folder, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true && stat.uid === 0 && (stat.mode & 0o022) === 0) return folder;
  }
  throw new Error(`no empty folder for the auth process: make ${emptyFolders[0]}, owned by root, mode 0755`);
}
