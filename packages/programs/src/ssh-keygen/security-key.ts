// Keys of FIDO authenticators in ssh-keygen: -t ed25519-sk and ecdsa-sk make one, -K fetches those that the token
// keeps itself. The middleware runs in ssh-sk-helper; what -O may say is a table.

import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { Writer } from '@sallyport/protocol/wire/writer';
import type { MadeSecurityKey, NewSecurityKey } from 'sallyport/helpers/security-keys';
import { SecurityKeyError, SecurityKeys } from 'sallyport/helpers/security-keys';
import { middlewareOf } from 'sallyport/helpers/token-signature';
import { escapeControls } from '../shared/printable.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { replaceFile } from '../shared/replace-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import { reasonOf } from '../shared/user-folder.ts';
import { askPassphrase, askPassphraseTwice, givenPassphrase, type KeygenContext, mayOverwrite } from './context.ts';
import { defaultFileName, type KeyChoice } from './key-choice.ts';
import { messages, prompts } from './messages.ts';
import { savePrivateKey, savePublicKey } from './save.ts';
import { securityKeySettings } from './security-key-settings.ts';

const usualChallengeBytes = 32;
const mostPins = 3;

export interface MadeByToken {
  readonly key: MadeSecurityKey['key'];
  /** Writes the attestation, where it was asked for. */
  readonly save?: () => void;
}

/** @throws ProgramExit */
export async function makeSecurityKey(context: KeygenContext, kind: KeyChoice['kind']): Promise<MadeByToken> {
  const { crypto, options } = context;
  const settings = securityKeySettings(options.settings);
  const { application, flags, challenge = crypto.random(new Uint8Array(usualChallengeBytes)) } = settings;
  const keys = new SecurityKeys(crypto, process.env);
  const wanted: NewSecurityKey = {
    ...{ application, flags, challenge, options: settings.options },
    algorithm: kind === 'sk-ed25519' ? 'ed25519' : 'ecdsa',
    provider: providerOf(context),
  };
  if (!options.quiet) writeOut(`${messages.touchToMake}\n`);
  const made = await withPin(context, (pin) => keys.enroll({ ...wanted, pin }), messages.touchToMakeAgain);
  const { attestationPath } = settings;
  if (attestationPath === undefined) return { key: made.key };
  return { key: made.key, save: () => saveAttestation(context, attestationPath, made.attestation) };
}

function providerOf({ options }: KeygenContext): string {
  try {
    return middlewareOf(options.middleware, process.env);
  } catch (error) {
    if (error instanceof SecurityKeyError) throw new ProgramExit(error.message);
    throw error;
  }
}

/** Tries without a PIN first; asks while the token wants one. */
async function withPin<T>(
  { options }: KeygenContext,
  attempt: (pin: string) => Promise<T>,
  again: string | undefined,
): Promise<T> {
  let pin = '';
  for (let asked = 0; ; asked++) {
    try {
      return await attempt(pin);
    } catch (error) {
      if (!(error instanceof SecurityKeyError)) throw error;
      if (error.failure !== 'pinRequired') throw new ProgramExit(messages.tokenFailed(reasonWords(error)));
      if (asked === mostPins) throw new ProgramExit(messages.tooManyPins);
      const answer = await askPassphrase(prompts.tokenPin);
      pin = Buffer.from(answer).toString('utf8');
      answer.fill(0);
      if (!options.quiet && again !== undefined) writeOut(`${again}\n`);
    }
  }
}

function reasonWords({ failure, message }: SecurityKeyError): string {
  const words: Partial<Record<SecurityKeyError['failure'], string>> = {
    general: 'invalid format',
    unsupported: 'requested feature not supported',
    noDevice: 'device not found',
    exists: 'a key of this application and user is on the token already',
  };
  return words[failure] ?? message;
}

/** PROTOCOL.u2f, attestation: what an authority needs to verify where the key lives. */
function saveAttestation({ options }: KeygenContext, path: string, attestation: MadeSecurityKey['attestation']): void {
  const contents = new Writer()
    .string('ssh-sk-attest-v01')
    .string(attestation.certificate)
    .string(attestation.signature)
    .string(attestation.authenticatorData)
    .uint32(0)
    .string(utf8Encode(''))
    .bytes();
  try {
    replaceFile(path, contents, { mode: 0o644 });
  } catch (error) {
    throw new ProgramExit(messages.savingFailed(path, reasonOf(error)), 1);
  }
  if (!options.quiet) writeOut(`${messages.savedAttestation(path)}\n`);
}

/** -K: writes a pair of files for each key that the token keeps, into the current folder. */
export async function fetchResidentKeys(context: KeygenContext): Promise<number> {
  const { crypto, options } = context;
  const keys = new SecurityKeys(crypto, process.env);
  const provider = providerOf(context);
  if (!options.quiet) writeOut(`${messages.touchToFetch}\n`);
  const found = await withPin(context, (pin) => keys.residentKeys({ provider, pin }), undefined);
  if (found.length === 0) {
    writeOut(`${messages.noResidentKeys}\n`);
    return 0;
  }
  const passphrase = givenPassphrase(options.newPassphrase) ?? (await askPassphraseTwice(prompts.newPassphrase));
  for (const { key, application, userId } of found) {
    const path = residentPath(key.publicKey.type, application, userId);
    if (!mayOverwrite(path)) continue;
    await savePrivateKey(context, key, { path, passphrase: passphrase.slice(), comment: application });
    savePublicKey(key.publicKey, application, `${path}.pub`);
    key.wipe();
    const label = keyTypeLabel(key.publicKey.type);
    writeOut(`${messages.savedResident(label, escapeControls(application), escapeControls(path))}\n`);
  }
  passphrase.fill(0);
  return 0;
}

/** `id_ed25519_sk_rk`, with what the application says behind `ssh:` and a user that has a name. */
function residentPath(type: string, application: string, userId: Uint8Array): string {
  const base = defaultFileName(type.startsWith('sk-ssh-ed25519') ? 'sk-ed25519' : 'sk-ecdsa');
  const name = application.replace(/^ssh:/, '');
  const user = Buffer.from(userId).toString('utf8').replace(/\0+$/, '');
  return [`${base}_rk`, name, user]
    .filter((part) => part !== '')
    .join('_')
    .replaceAll(/[/\0]/g, '_');
}
