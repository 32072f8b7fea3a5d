// What every mode of ssh-keygen works with, and the few steps that several of them take: choosing the file, asking for
// passphrases, saying what is wrong.

import { lstatSync } from 'node:fs';
import { hostname } from 'node:os';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { type Account, accountById } from '@sallyport/system/accounts';
import { KeyFileError } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { readPassphrase } from '../shared/prompt.ts';
import { readLine, writeError, writeOut } from '../shared/standard-streams.ts';
import { userSshFolder } from '../shared/user-folder.ts';
import { defaultFileName, type KeyChoice } from './key-choice.ts';
import { messages, prompts } from './messages.ts';
import type { KeygenOptions } from './options.ts';

export interface KeygenContext {
  readonly options: KeygenOptions;
  readonly crypto: CryptoProvider;
}

/** A line of the log, which ends as on a terminal in raw mode. */
export function logLine(line: string): void {
  writeError(`${line}\r\n`);
}

export function ownAccount(): Account {
  const uid = process.getuid?.() ?? 0;
  const account = accountById(uid);
  if (account === undefined) throw new ProgramExit(messages.noUser(uid));
  return account;
}

/** `user@host`, the comment of a new key. */
export function defaultComment(): string {
  return `${ownAccount().name}@${hostname()}`;
}

/** The file of -f, or the answer to the question for it. */
export function chooseFile({ options }: KeygenContext, question: string, kind: KeyChoice['kind'] = 'ed25519'): string {
  if (options.file !== undefined) return options.file;
  const usual = `${userSshFolder(ownAccount().home)}/${defaultFileName(kind)}`;
  const answer = askLine(`${question} (${usual}): `);
  return answer === '' ? usual : answer;
}

/** A line of stdin; at its end the program leaves with status 1. */
export function askLine(prompt: string): string {
  writeOut(prompt);
  const line = readLine();
  if (line === undefined) throw new ProgramExit('', 1);
  return Buffer.from(line).toString('utf8');
}

/** Whether a new file may take the name; the user is asked when something has it. */
export function mayOverwrite(path: string): boolean {
  if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return true;
  writeOut(`${messages.exists(path)}\n${prompts.overwrite}`);
  return saysYes();
}

/** Reads the answer to a question; nothing is no. */
export function saysYes(): boolean {
  return /^y/i.test(Buffer.from(readLine() ?? '').toString('utf8'));
}

export function askPassphrase(prompt: string): Promise<Uint8Array> {
  return readPassphrase(prompt, { mayUseStandardInput: true });
}

/** A new passphrase, asked for until it was given twice alike. */
export async function askPassphraseTwice(prompt: string): Promise<Uint8Array> {
  for (;;) {
    const passphrase = await askPassphrase(prompt);
    const again = await askPassphrase(prompts.samePassphrase);
    const same = Buffer.compare(passphrase, again) === 0;
    again.fill(0);
    if (same) return passphrase;
    passphrase.fill(0);
    writeOut(`${messages.passphrasesDiffer}\n`);
  }
}

/** The passphrase of an option, as bytes that may be wiped; undefined when the option was not given. */
export function givenPassphrase(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : Uint8Array.from(Buffer.from(text, 'utf8'));
}

/** Prints what must stand before a load failure and turns it into the program's end. */
export function loadFailure(error: unknown, sentence: (reason: string) => string): never {
  if (!(error instanceof KeyFileError)) throw error;
  for (const line of error.box) logLine(line);
  throw new ProgramExit(sentence(error.message));
}
