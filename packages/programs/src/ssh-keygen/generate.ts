// ssh-keygen without a mode: makes a key pair, asks where to put it and for a passphrase, writes both files and shows
// the fingerprint.

import { fingerprint } from '@sallyport/protocol/keys/fingerprint';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { randomart } from '@sallyport/protocol/keys/randomart';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { createUserSshFolder } from '../shared/user-folder.ts';
import {
  askPassphraseTwice,
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
import type { MadeByToken } from './security-key.ts';

export async function generate(context: KeygenContext): Promise<number> {
  const { options, crypto } = context;
  const say = (line: string): void => {
    if (!options.quiet) writeOut(`${line}\n`);
  };
  const type = options.type ?? defaultType;
  const choice = chooseKey(type, options.bits);
  say(messages.generating(type));
  const made = await makeKey(context, choice);
  const { key } = made;
  const path = chooseFile(context, prompts.saveKey, choice.kind);
  makeFolder(path, options.quiet);
  if (!mayOverwrite(path)) throw new ProgramExit('', 1);
  const passphrase =
    givenPassphrase(options.newPassphrase) ?? (await askPassphraseTwice(prompts.newPassphraseFor(path)));
  const comment = options.comment ?? defaultComment();
  await savePrivateKey(context, key, { path, passphrase, comment });
  key.wipe();
  made.save?.();
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

async function makeKey(context: KeygenContext, choice: KeyChoice): Promise<MadeByToken> {
  if (choice.kind === 'sk-ed25519' || choice.kind === 'sk-ecdsa') {
    return await (await import('./security-key.ts')).makeSecurityKey(context, choice.kind);
  }
  const { kind, ...options } = choice;
  return { key: new PrivateKey(context.crypto.generateKey(kind, options)) };
}

function makeFolder(path: string, quiet: boolean): void {
  if (!path.includes('/.ssh/')) return;
  const outcome = createUserSshFolder(ownAccount().home, path);
  if (outcome.kind === 'failed') logLine(messages.cannotCreateFolder(outcome.folder, outcome.reason));
  if (outcome.kind === 'created' && !quiet) logLine(messages.createdFolder(outcome.folder));
}
