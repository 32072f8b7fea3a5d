// The options of a certificate from the arguments of -O: which extensions a user's certificate has unless told, and
// what each word changes. Their order in the certificate is by name, which the encoder sees to.

import type { CertificateKind, CertificateOption } from '@sallyport/protocol/keys/certificate';
import { encodeCertificateOption } from '@sallyport/protocol/keys/certificate-options';
import { matchNetworkList } from '@sallyport/protocol/wire/patterns';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages } from './messages.ts';

export interface CertificateSettings {
  readonly criticalOptions: readonly CertificateOption[];
  readonly extensions: readonly CertificateOption[];
}

/** Extensions that a word of -O switches, with the words for on and off. */
const switches = [
  { name: 'permit-X11-forwarding', on: 'permit-x11-forwarding', off: 'no-x11-forwarding', usual: true },
  { name: 'permit-agent-forwarding', on: 'permit-agent-forwarding', off: 'no-agent-forwarding', usual: true },
  { name: 'permit-port-forwarding', on: 'permit-port-forwarding', off: 'no-port-forwarding', usual: true },
  { name: 'permit-pty', on: 'permit-pty', off: 'no-pty', usual: true },
  { name: 'permit-user-rc', on: 'permit-user-rc', off: 'no-user-rc', usual: true },
  { name: 'no-touch-required', on: 'no-touch-required', off: 'touch-required', usual: false },
  { name: 'verify-required', on: 'verify-required', off: 'no-verify-required', usual: false },
] as const;
const criticalSwitch = 'verify-required';

interface Draft {
  readonly flags: Set<string>;
  readonly critical: CertificateOption[];
  readonly extensions: CertificateOption[];
}

/** @throws ProgramExit */
export function certificateSettings(kind: CertificateKind, words: readonly string[]): CertificateSettings {
  const usual = kind === 'user' ? switches.filter((row) => row.usual).map((row) => row.name) : [];
  const draft: Draft = { flags: new Set<string>(usual), critical: [], extensions: [] };
  for (const word of words) applyWord(draft, word);
  for (const name of draft.flags) {
    (name === criticalSwitch ? draft.critical : draft.extensions).push(encodeCertificateOption(name));
  }
  return { criticalOptions: draft.critical, extensions: draft.extensions };
}

function applyWord(draft: Draft, word: string): void {
  const lower = word.toLowerCase();
  if (lower === 'clear') {
    draft.flags.clear();
    return;
  }
  const row = switches.find(({ on, off }) => on === lower || off === lower);
  if (row !== undefined) {
    if (row.on === lower) draft.flags.add(row.name);
    else draft.flags.delete(row.name);
    return;
  }
  const separator = /[=:]/.exec(word)?.index ?? -1;
  const value = word.slice(separator + 1);
  const name = lower.slice(0, separator + 1);
  if (name === 'force-command=') addForcedCommand(draft, value);
  else if (name === 'source-address=') addSourceAddress(draft, value);
  else if (name === 'critical:') draft.critical.push(customOption(value));
  else if (name === 'extension:') draft.extensions.push(customOption(value));
  else throw new ProgramExit(messages.badCertificateOption(word));
}

function customOption(text: string): CertificateOption {
  const equals = text.indexOf('=');
  return equals < 0
    ? encodeCertificateOption(text)
    : encodeCertificateOption(text.slice(0, equals), text.slice(equals + 1));
}

function addForcedCommand({ critical }: Draft, value: string): void {
  if (value === '') throw new ProgramExit(messages.emptyForcedCommand);
  if (critical.some(({ name }) => name === 'force-command')) throw new ProgramExit(messages.secondForcedCommand);
  critical.push(encodeCertificateOption('force-command', value));
}

function addSourceAddress({ critical }: Draft, value: string): void {
  if (value === '') throw new ProgramExit(messages.emptySourceAddress);
  if (critical.some(({ name }) => name === 'source-address')) throw new ProgramExit(messages.secondSourceAddress);
  if (matchNetworkList(undefined, value) === 'invalid') throw new ProgramExit(messages.badSourceAddress);
  critical.push(encodeCertificateOption('source-address', value));
}
