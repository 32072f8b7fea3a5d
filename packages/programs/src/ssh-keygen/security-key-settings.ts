// What -O says when ssh-keygen makes a key in a FIDO authenticator (ssh-keygen(1), FIDO AUTHENTICATOR): a table of
// words, those with a value end with `=`.

import { readFileSync } from 'node:fs';
import { securityKeyFlags } from '@sallyport/protocol/keys/types/security-key';
import { reasonOf } from '../shared/failure-reason.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages } from './messages.ts';

const usualApplication = 'ssh:';

export interface SecurityKeySettings {
  application: string;
  flags: number;
  /** Empty: whatever the helper chooses. */
  challenge: Uint8Array;
  attestationPath: string | undefined;
  device: string;
  user: string;
}

type Apply = (settings: SecurityKeySettings, value: string) => void;

const withoutFlag =
  (flag: number): Apply =>
  (settings) =>
    void (settings.flags &= ~flag);
const withFlag =
  (flag: number): Apply =>
  (settings) =>
    void (settings.flags |= flag);
/** Words of -O when a key is made; those that take a value end with `=`. */
const settingTable: Readonly<Record<string, Apply>> = {
  'no-touch-required': withoutFlag(securityKeyFlags.userPresence),
  'verify-required': withFlag(securityKeyFlags.userVerification),
  resident: withFlag(securityKeyFlags.resident),
  'device=': (settings, value) => {
    settings.device = value;
  },
  'user=': (settings, value) => {
    settings.user = value;
  },
  'application=': (settings, value) => {
    if (!value.startsWith(usualApplication)) throw new ProgramExit(messages.badApplication);
    settings.application = value;
  },
  'challenge=': (settings, path) => {
    settings.challenge = readChallenge(path);
  },
  'write-attestation=': (settings, path) => {
    settings.attestationPath = path;
  },
};

function readChallenge(path: string): Uint8Array {
  try {
    return Uint8Array.from(readFileSync(path));
  } catch (error) {
    throw new ProgramExit(messages.cannotLoadChallenge(path, reasonOf(error)));
  }
}

/** @throws ProgramExit for a word that is unknown */
export function securityKeySettings(words: readonly string[]): SecurityKeySettings {
  const settings: SecurityKeySettings = {
    application: usualApplication,
    flags: securityKeyFlags.userPresence,
    challenge: new Uint8Array(),
    attestationPath: undefined,
    device: '',
    user: '',
  };
  for (const word of words) {
    const end = word.indexOf('=') + 1;
    const apply = settingTable[end === 0 ? word : word.slice(0, end).toLowerCase()];
    if (apply === undefined) throw new ProgramExit(messages.unsupportedSetting(word));
    apply(settings, word.slice(end));
  }
  return settings;
}
