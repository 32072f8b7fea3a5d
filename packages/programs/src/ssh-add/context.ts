// What every mode of ssh-add works with, and the steps that several of them take: which files are meant, what is said,
// what the agent's answer means.

import { statSync } from 'node:fs';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { accountById } from '@sallyport/system/accounts';
import type { AgentClient } from 'sallyport/agent/agent-client';
import { writeError } from '../shared/standard-streams.ts';
import { userSshFolder } from '../shared/user-folder.ts';
import { reasons } from './messages.ts';
import type { AddOptions } from './options.ts';

export interface AddContext {
  readonly options: AddOptions;
  readonly crypto: CryptoProvider;
  readonly agent: AgentClient;
}

/** The stem of each default file's name is the key's type. */
const defaultNames = ['id_rsa', 'id_ecdsa', 'id_ecdsa_sk', 'id_ed25519', 'id_ed25519_sk', 'id_mldsa44_ed25519'];

export function homeFolder(): string {
  return accountById(process.getuid?.() ?? 0)?.home ?? '/';
}

/** The files that were named, or the default ones that exist. */
export function chosenFiles({ files }: AddOptions): readonly string[] {
  if (files.length > 0) return files;
  const paths = defaultNames.map((name) => `${userSshFolder(homeFolder())}/${name}`);
  return paths.filter((path) => statSync(path, { throwIfNoEntry: false }) !== undefined);
}

export function sayError(line: string): void {
  writeError(`${line}\n`);
}

/** A line of the log, which ends as on a terminal in raw mode. */
export function logLine(line: string): void {
  writeError(`${line}\r\n`);
}

/** undefined when the agent did what it was asked; otherwise why not. */
export async function problemOf(asked: Promise<boolean>): Promise<string | undefined> {
  try {
    return (await asked) ? undefined : reasons.refused;
  } catch {
    return reasons.failed;
  }
}
