// ssh-keygen -e: a public key in the form that -m names, for other programs. The private file is opened only when
// nothing else tells its public half.

import { hostname } from 'node:os';
import { isCertificate } from '@sallyport/protocol/keys/certificate';
import { encodePublicFile, type PublicFileFormat } from '@sallyport/protocol/keys/formats/public-files';
import { keyTypeLabel, type PublicKey } from '@sallyport/protocol/keys/public-key';
import { loadKeyFailed } from '../shared/messages.ts';
import { KeyFileError, readPrivateKeyFile, unlockPrivateKey } from '../shared/private-key-file.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { loadPublicKey } from '../shared/public-key-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { askPassphrase, chooseFile, givenPassphrase, type KeygenContext, loadFailure, ownAccount } from './context.ts';
import { messages, prompts } from './messages.ts';
import { requireFile } from './print-public.ts';

/** OpenSSH's room for a comment. */
const commentLength = 60;

export async function exportKey(context: KeygenContext): Promise<number> {
  const format = chooseFormat(context);
  const path = chooseFile(context, prompts.whichKey);
  requireFile(path);
  const key = await findPublicHalf(context, path);
  const label = keyTypeLabel(key.type);
  const comment = messages.convertedBy(key.bits, label, `${ownAccount().name}@${hostname()}`).slice(0, commentLength);
  const text = encodePublicFile(key, format, comment);
  if (text === undefined) throw new ProgramExit(messages.notConvertible(label));
  writeOut(text);
  return 0;
}

/** PuTTY's files are no form of public keys. @throws ProgramExit */
export function chooseFormat({ options }: KeygenContext): PublicFileFormat {
  const { format = 'RFC4716' } = options;
  if (format === 'PPK' || format === 'PPK2') throw new ProgramExit(messages.badFormat(format));
  return format;
}

/** Of the file itself, of the one beside it, or of the private key when it opens. */
async function findPublicHalf({ options, crypto }: KeygenContext, path: string): Promise<PublicKey> {
  try {
    const { key } = loadPublicKey(path);
    return isCertificate(key) ? { ...key.key, type: key.type, blob: key.blob } : key;
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
  }
  try {
    const ask = (): Promise<Uint8Array> | Uint8Array =>
      givenPassphrase(options.passphrase) ?? askPassphrase(prompts.passphraseFor(path));
    const key = await unlockPrivateKey(readPrivateKeyFile(path), { crypto, ask });
    key.wipe();
    return key.publicKey;
  } catch (error) {
    return loadFailure(error, (reason) => loadKeyFailed(path, reason));
  }
}
