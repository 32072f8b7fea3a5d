// ssh-keygen -y: prints the public line of a private key, which must open: the public half in clear is not trusted for
// this, as anyone could have put it there.

import { statSync } from 'node:fs';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import { reasonOf } from '../shared/failure-reason.ts';
import { loadKeyFailed } from '../shared/messages.ts';
import { readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { askPassphrase, chooseFile, givenPassphrase, type KeygenContext, loadFailure } from './context.ts';
import { messages, prompts } from './messages.ts';

export async function printPublic(context: KeygenContext): Promise<number> {
  const { options, crypto } = context;
  const path = chooseFile(context, prompts.whichKey);
  requireFile(path);
  try {
    const sealed = readPrivateKeyFile(path);
    const ask = (): Promise<Uint8Array> | Uint8Array =>
      givenPassphrase(options.passphrase) ?? askPassphrase(prompts.passphraseFor(path));
    const key = await unlockPrivateKey(sealed, { crypto, ask });
    writeOut(`${formatPublicLine(key.publicKey, key.comment)}\n`);
    key.wipe();
    return 0;
  } catch (error) {
    return loadFailure(error, (reason) => loadKeyFailed(path, reason));
  }
}

/** A file that is missing altogether has its own message. */
export function requireFile(path: string): void {
  try {
    statSync(path);
  } catch (error) {
    throw new ProgramExit(messages.cannotOpen(path, reasonOf(error)));
  }
}
