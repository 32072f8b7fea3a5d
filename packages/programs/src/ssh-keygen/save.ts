// Writes the two files of a key pair. Each is whole before it has its name; the private one is for its owner alone.
// Passphrases are wiped on the way.

import { encodePpk, maximumArgon2Passes } from '@sallyport/protocol/keys/formats/encode-ppk';
import { encodeOpensshKeyV1 } from '@sallyport/protocol/keys/formats/openssh-key-v1';
import { encodePem } from '@sallyport/protocol/keys/formats/pem-private';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { keyTypeLabel, type PublicKey } from '@sallyport/protocol/keys/public-key';
import { reasonOf } from '../shared/failure-reason.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { replaceFile } from '../shared/replace-file.ts';
import type { KeygenContext } from './context.ts';
import { messages } from './messages.ts';

export interface SaveOptions {
  readonly path: string;
  readonly passphrase: Uint8Array;
  readonly comment: string;
}

/** Writes a private key file; wipes the passphrase. @throws ProgramExit */
export async function savePrivateKey(context: KeygenContext, key: PrivateKey, save: SaveOptions): Promise<void> {
  const { path, passphrase } = save;
  const text = await privateFile(context, key, save);
  passphrase.fill(0);
  try {
    replaceFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw new ProgramExit(messages.savingFailed(path, reasonOf(error)), 1);
  }
}

async function privateFile(
  context: KeygenContext,
  key: PrivateKey,
  { passphrase, comment }: SaveOptions,
): Promise<string> {
  const { crypto, options } = context;
  const { cipher, rounds, format } = options;
  if (format === 'PPK' || format === 'PPK2') {
    return await puttyFile(context, key, { version: format === 'PPK' ? 3 : 2, passphrase, comment });
  }
  const variant = format === 'PEM' || format === 'PKCS8' ? format : undefined;
  // What has no such form is written in the usual one.
  const pem = variant && encodePem(crypto, key, { variant, passphrase });
  return pem ?? encodeOpensshKeyV1(crypto, key, { passphrase, comment, cipher, rounds });
}

/** -a is the number of passes here. */
async function puttyFile(
  { crypto, options }: KeygenContext,
  key: PrivateKey,
  settings: { readonly version: 2 | 3; readonly passphrase: Uint8Array; readonly comment: string },
): Promise<string> {
  const { rounds: passes } = options;
  if (passes > maximumArgon2Passes) throw new ProgramExit(messages.tooManyPasses(passes, maximumArgon2Passes));
  if (settings.version === 3 && settings.passphrase.length > 0) await crypto.prepareArgon2();
  const text = encodePpk(crypto, key, { ...settings, passes });
  if (text === undefined) throw new ProgramExit(messages.notConvertible(keyTypeLabel(key.publicKey.type)));
  return text;
}

/** Writes a .pub file. @throws ProgramExit */
export function savePublicKey(key: PublicKey, comment: string, path: string): void {
  try {
    replaceFile(path, `${formatPublicLine(key, comment)}\n`, { mode: 0o644 });
  } catch (error) {
    throw new ProgramExit(messages.savingPublicFailed(path, reasonOf(error)));
  }
}
