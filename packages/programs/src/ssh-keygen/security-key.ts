// Keys of FIDO authenticators in ssh-keygen: -t ed25519-sk and ecdsa-sk make one, -K fetches those that the token
// keeps itself. The middleware runs in ssh-sk-helper; what -O may say is a table.

import { keyTypeLabel } from '@sallyport/protocol/keys/public-key';
import { securityKeyFlags } from '@sallyport/protocol/keys/types/security-key';
import { replaceKeyFlag } from '@sallyport/system/security-key-provider';
import type { MadeSecurityKey, NewSecurityKey } from 'sallyport/helpers/security-keys';
import { SecurityKeyError, SecurityKeys } from 'sallyport/helpers/security-keys';
import { securityKeyProvider } from 'sallyport/helpers/token-signature';
import { reasonOf } from '../shared/failure-reason.ts';
import { escapeControls } from '../shared/printable.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { replaceFile } from '../shared/replace-file.ts';
import { writeOut } from '../shared/standard-streams.ts';
import {
  askPassphrase,
  askPassphraseTwice,
  givenPassphrase,
  type KeygenContext,
  logLine,
  mayOverwrite,
  saysYes,
} from './context.ts';
import { defaultFileName, type KeyChoice } from './key-choice.ts';
import { messages, prompts } from './messages.ts';
import { savePrivateKey, savePublicKey } from './save.ts';
import { securityKeySettings } from './security-key-settings.ts';

/** How often a token is asked before we give up. */
const mostAttempts = 3;

export interface MadeByToken {
  readonly key: MadeSecurityKey['key'];
  /** Writes the attestation, where it was asked for. */
  readonly save?: () => void;
}

/** @throws ProgramExit */
export async function makeSecurityKey(context: KeygenContext, kind: KeyChoice['kind']): Promise<MadeByToken> {
  const { attestationPath, ...settings } = securityKeySettings(context.options.settings);
  const algorithm = kind === 'sk-ed25519' ? 'ed25519' : 'ecdsa';
  const made = await enroll(context, { ...settings, algorithm, provider: providerOf(context) });
  if (attestationPath === undefined) return { key: made.key };
  return { key: made.key, save: () => saveAttestation(context, attestationPath, made.attestation) };
}

function providerOf({ options }: KeygenContext): string {
  return securityKeyProvider(options.middleware, process.env);
}

/** Tries without a PIN first; asks for it when the token wants it, and whether a key that it keeps is to go. */
async function enroll({ crypto, options }: KeygenContext, first: NewSecurityKey): Promise<MadeSecurityKey> {
  const keys = new SecurityKeys(crypto, process.env);
  const say = (text: string): void => void (options.quiet || writeOut(`${text}\n`));
  let wanted = first;
  let attempts = 0;
  say(messages.touchToMake);
  for (;;) {
    try {
      return await keys.enroll(wanted);
    } catch (error) {
      if (!(error instanceof SecurityKeyError)) throw error;
      if (mayReplace(error, wanted)) wanted = { ...wanted, flags: wanted.flags | replaceKeyFlag };
      else if (error.failure !== 'pinRequired') throw new ProgramExit(messages.tokenFailed(error.message));
      else {
        if (wanted.pin !== undefined) logLine(messages.wrongPin);
        if (++attempts === mostAttempts) throw new ProgramExit(messages.tooManyPins);
        wanted = { ...wanted, pin: await askPin() };
      }
      say(messages.touchToMakeAgain);
    }
  }
}

function mayReplace({ failure }: SecurityKeyError, { flags, application, user }: NewSecurityKey): boolean {
  const isResident = (flags & securityKeyFlags.resident) !== 0;
  if (failure !== 'exists' || !isResident || (flags & replaceKeyFlag) !== 0) return false;
  const name = user === undefined || user === '' ? 'null' : user;
  writeOut(`${messages.residentExists(escapeControls(application), escapeControls(name))}\n${prompts.replaceOnToken}`);
  return saysYes();
}

async function askPin(): Promise<string> {
  const answer = await askPassphrase(prompts.tokenPin);
  const pin = Buffer.from(answer).toString('utf8');
  answer.fill(0);
  return pin;
}

function saveAttestation({ options }: KeygenContext, path: string, attestation: Uint8Array): void {
  try {
    replaceFile(path, attestation, { mode: 0o644 });
  } catch (error) {
    throw new ProgramExit(messages.savingFailed(path, reasonOf(error)), 1);
  }
  if (!options.quiet) writeOut(`${messages.savedAttestation(path)}\n`);
}

/** -K: writes a pair of files for each key that the token keeps, into the current folder. */
export async function fetchResidentKeys(context: KeygenContext): Promise<number> {
  const { crypto, options } = context;
  const request = { provider: providerOf(context), pin: await askPin() };
  if (!options.quiet) writeOut(`${messages.touchToFetch}\n`);
  const found = await new SecurityKeys(crypto, process.env).residentKeys(request).catch((error: unknown) => {
    if (error instanceof SecurityKeyError) throw new ProgramExit(messages.cannotLoadResident(error.message));
    throw error;
  });
  if (found.length === 0) {
    logLine(messages.noResidentKeys);
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
