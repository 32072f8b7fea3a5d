// The folder ~/.ssh of the user, by the account database as OpenSSH takes it, not by $HOME; and its making when a file
// is to be written there.

import { mkdirSync, statSync } from 'node:fs';
import { reasonOf } from './failure-reason.ts';

export function userSshFolder(home: string): string {
  return `${home}/.ssh`;
}

export type FolderOutcome =
  | { readonly kind: 'created'; readonly folder: string }
  | { readonly kind: 'failed'; readonly folder: string; readonly reason: string }
  /** It exists, or the file is not to be in it. */
  | { readonly kind: 'unneeded' };

/** Makes ~/.ssh, for the user alone, if it is missing and the file's path begins with it. */
export function createUserSshFolder(home: string, file: string): FolderOutcome {
  const folder = userSshFolder(home);
  if (!file.startsWith(`${folder}/`)) return { kind: 'unneeded' };
  try {
    if (statSync(folder, { throwIfNoEntry: false }) !== undefined) return { kind: 'unneeded' };
    mkdirSync(folder, { mode: 0o700 });
    return { kind: 'created', folder };
  } catch (error) {
    return { kind: 'failed', folder, reason: reasonOf(error) };
  }
}
