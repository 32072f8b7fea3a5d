// What -O says when ssh-keygen makes a key in a FIDO authenticator (ssh-keygen(1), FIDO AUTHENTICATOR): a table of
// words, those with a value end with `=`.

import { readFileSync } from 'node:fs';
import { securityKeyFlags } from '@sallyport/protocol/keys/types/security-key';
import type { MiddlewareOption } from '@sallyport/system/security-key-middleware';
import { ProgramExit } from '../shared/program-exit.ts';
import { reasonOf } from '../shared/user-folder.ts';
import { messages } from './messages.ts';

const usualApplication = 'ssh:';

export interface SecurityKeySettings {
  application: string;
  flags: number;
  challenge: Uint8Array | undefined;
  attestationPath: string | undefined;
  readonly options: MiddlewareOption[];
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
const forMiddleware =
  (name: string): Apply =>
  (settings, value) => {
    settings.options.push({ name, value, required: true });
  };

/** Words of -O when a key is made; those that take a value end with `=`. */
const settingTable: Readonly<Record<string, Apply>> = {
  'no-touch-required': withoutFlag(securityKeyFlags.userPresence),
  'verify-required': withFlag(securityKeyFlags.userVerification),
  resident: withFlag(securityKeyFlags.resident),
  'device=': forMiddleware('device'),
  'user=': forMiddleware('user'),
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
    challenge: undefined,
    attestationPath: undefined,
    options: [],
  };
  for (const word of words) {
    const end = word.indexOf('=') + 1;
    const apply = settingTable[end === 0 ? word : word.slice(0, end).toLowerCase()];
    if (apply === undefined) throw new ProgramExit(messages.unsupportedSetting(word));
    apply(settings, word.slice(end));
  }
  return settings;
}
