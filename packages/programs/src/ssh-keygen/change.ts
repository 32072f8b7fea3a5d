// ssh-keygen -p and -c: a key file with another passphrase or another comment. The new file is complete before it takes
// the old one's name. The passphrase stays what it was when only the comment changes.

import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { askLine, askPassphrase, chooseFile, givenPassphrase, type KeygenContext, loadFailure } from './context.ts';
import { messages, prompts } from './messages.ts';
import { requireFile } from './print-public.ts';
import { savePrivateKey, savePublicKey } from './save.ts';

export async function changePassphrase(context: KeygenContext): Promise<number> {
  const { options } = context;
  const path = chooseFile(context, prompts.whichKey);
  const { key } = await openKey(context, path, {
    given: options.passphrase,
    prompt: prompts.oldPassphrase,
    sentence: (reason) => messages.cannotLoad(path, reason),
  });
  writeOut(`${messages.hasComment(key.comment)}\n`);
  const passphrase = givenPassphrase(options.newPassphrase) ?? (await askNewPassphrase());
  await savePrivateKey(context, key, { path, passphrase, comment: key.comment });
  key.wipe();
  writeOut(`${messages.savedWithPassphrase}\n`);
  return 0;
}

export async function changeComment(context: KeygenContext): Promise<number> {
  const { options } = context;
  const path = chooseFile(context, prompts.whichKey);
  const { key, passphrase } = await openKey(context, path, {
    given: options.passphrase ?? options.newPassphrase,
    prompt: prompts.passphrase,
    sentence: (reason) => messages.cannotLoadForComment(path, reason),
  });
  writeOut(`${messages.oldComment(key.comment)}\n`);
  const comment = options.comment ?? askLine(prompts.newComment);
  if (comment === key.comment) {
    writeOut(`${messages.sameComment}\n`);
    return 0;
  }
  await savePrivateKey(context, key, { path, passphrase, comment });
  key.wipe();
  savePublicKey(key.publicKey, comment, `${path}.pub`);
  writeOut(`${comment === '' ? messages.commentRemoved : messages.commentApplied(comment)}\n`);
  return 0;
}

interface OpenOptions {
  readonly given: string | undefined;
  readonly prompt: string;
  readonly sentence: (reason: string) => string;
}

/** The key and the passphrase that opened it, empty for a file in clear. */
async function openKey(
  { crypto }: KeygenContext,
  path: string,
  { given, prompt, sentence }: OpenOptions,
): Promise<{ readonly key: PrivateKey; readonly passphrase: Uint8Array }> {
  requireFile(path);
  let passphrase: Uint8Array = new Uint8Array(0);
  const ask = async (): Promise<Uint8Array> => {
    passphrase = givenPassphrase(given) ?? (await askPassphrase(prompt));
    return passphrase.slice();
  };
  try {
    const key = await unlockPrivateKey(readPrivateKeyFile(path), { crypto, ask });
    return { key, passphrase };
  } catch (error) {
    return loadFailure(error, sentence);
  }
}

async function askNewPassphrase(): Promise<Uint8Array> {
  const passphrase = await askPassphrase(prompts.newPassphrase);
  const again = await askPassphrase(prompts.samePassphrase);
  const same = Buffer.compare(passphrase, again) === 0;
  again.fill(0);
  if (same) return passphrase;
  passphrase.fill(0);
  writeOut(`${messages.newPassphrasesDiffer}\n`);
  throw new ProgramExit('', 1);
}
