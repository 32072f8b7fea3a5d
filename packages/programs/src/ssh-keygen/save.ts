// Writes the two files of a key pair. Each is whole before it has its name; the private one is for its owner alone.
// Passphrases are wiped on the way.

import { encodeOpensshKeyV1 } from '@sallyport/protocol/keys/formats/openssh-key-v1';
import { encodePem } from '@sallyport/protocol/keys/formats/pem-private';
import { formatPublicLine } from '@sallyport/protocol/keys/formats/public-line';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { ProgramExit } from '../shared/program-exit.ts';
import { replaceFile } from '../shared/replace-file.ts';
import { reasonOf } from '../shared/user-folder.ts';
import type { KeygenContext } from './context.ts';
import { messages } from './messages.ts';

export interface SaveOptions {
  readonly path: string;
  readonly passphrase: Uint8Array;
  readonly comment: string;
}

/** Writes a private key file; wipes the passphrase. @throws ProgramExit */
export function savePrivateKey({ crypto, options }: KeygenContext, key: PrivateKey, save: SaveOptions): void {
  const { path, passphrase, comment } = save;
  const { cipher, rounds, format } = options;
  const variant = format === 'PEM' || format === 'PKCS8' ? format : undefined;
  // What has no such form is written in the usual one.
  const pem = variant && encodePem(crypto, key, { variant, passphrase });
  const text = pem ?? encodeOpensshKeyV1(crypto, key, { passphrase, comment, cipher, rounds });
  passphrase.fill(0);
  try {
    replaceFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw new ProgramExit(messages.savingFailed(path, reasonOf(error)), 1);
  }
}

/** Writes a .pub file. @throws ProgramExit */
export function savePublicKey(key: PublicKey, comment: string, path: string): void {
  try {
    replaceFile(path, `${formatPublicLine(key, comment)}\n`, { mode: 0o644 });
  } catch (error) {
    throw new ProgramExit(messages.savingPublicFailed(path, reasonOf(error)));
  }
}
