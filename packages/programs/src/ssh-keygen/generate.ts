// ssh-keygen without a mode: makes a key pair, asks where to put it and for a passphrase, writes both files and shows
// the fingerprint.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { randomart } from '@sallyport/protocol/keys/randomart';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { createUserSshFolder } from '../shared/user-folder.ts';
import {
  askPassphrase,
  chooseFile,
  defaultComment,
  givenPassphrase,
  type KeygenContext,
  logLine,
  mayOverwrite,
  ownAccount,
} from './context.ts';
import { chooseKey, defaultType, type KeyChoice } from './key-choice.ts';
import { messages, prompts } from './messages.ts';
import { savePrivateKey, savePublicKey } from './save.ts';

export async function generate(context: KeygenContext): Promise<number> {
  const { options, crypto } = context;
  const say = (line: string): void => {
    if (!options.quiet) writeOut(`${line}\n`);
  };
  const type = options.type ?? defaultType;
  const choice = chooseKey(type, options.bits);
  say(messages.generating(type));
  const key = new PrivateKey(generateParts(crypto, choice));
  const path = chooseFile(context, prompts.saveKey, choice.kind);
  makeFolder(path, options.quiet);
  if (!mayOverwrite(path)) throw new ProgramExit('', 1);
  const passphrase = givenPassphrase(options.newPassphrase) ?? (await askNewPassphrase(path));
  const comment = options.comment ?? defaultComment();
  savePrivateKey(context, key, { path, passphrase, comment });
  key.wipe();
  say(messages.savedPrivate(path));
  const { publicKey } = key;
  savePublicKey(publicKey, comment, `${path}.pub`);
  say(messages.savedPublic(`${path}.pub`));
  say(messages.fingerprintIs);
  say(`${fingerprint(crypto, publicKey, options.digest)} ${comment}`);
  say(messages.randomartIs);
  for (const line of randomart(crypto, publicKey, options.digest)) say(line);
  return 0;
}

function generateParts(crypto: CryptoProvider, choice: KeyChoice): ConstructorParameters<typeof PrivateKey>[0] {
  const { kind, ...options } = choice;
  return crypto.generateKey(kind, options);
}

function makeFolder(path: string, quiet: boolean): void {
  if (!path.includes('/.ssh/')) return;
  const outcome = createUserSshFolder(ownAccount().home, path);
  if (outcome.kind === 'failed') logLine(messages.cannotCreateFolder(outcome.folder, outcome.reason));
  if (outcome.kind === 'created' && !quiet) logLine(messages.createdFolder(outcome.folder));
}

async function askNewPassphrase(path: string): Promise<Uint8Array> {
  for (;;) {
    const passphrase = await askPassphrase(prompts.newPassphraseFor(path));
    const again = await askPassphrase(prompts.samePassphrase);
    const same = Buffer.compare(passphrase, again) === 0;
    again.fill(0);
    if (same) return passphrase;
    passphrase.fill(0);
    writeOut(`${messages.passphrasesDiffer}\n`);
  }
}
