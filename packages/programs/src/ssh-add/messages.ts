// Everything that ssh-add says, in the words of OpenSSH 10.5. Lines are without their ends; prompts as they stand. What
// agents and files say about themselves is made harmless to terminals.

import { escapeControls } from '../shared/printable.ts';

export const usage = `usage: ssh-add [-CcDdKkLlNQqvXx] [-E fingerprint_hash] [-H hostkey_file]
               [-h destination_constraint] [-S provider] [-t life]
               [file ...]
       ssh-add -s pkcs11 [-Cv] [certificate ...]
       ssh-add -e pkcs11
       ssh-add -T pubkey ...
`;

export const reasons = {
  refused: 'agent refused operation',
  failed: 'communication with agent failed',
  unsupported: 'requested feature not supported',
} as const;

const ofEachUse = (confirms: boolean): string => (confirms ? ' (will confirm each use)' : '');

export const prompts = {
  passphrase: (file: string, confirms: boolean) => `Enter passphrase for ${file}${ofEachUse(confirms)}: `,
  passphraseAgain: (file: string, confirms: boolean) => `Bad passphrase, try again for ${file}${ofEachUse(confirms)}: `,
  lock: 'Enter lock password: ',
  lockAgain: 'Again: ',
  token: 'Enter passphrase for PKCS#11: ',
  authenticator: 'Enter PIN for authenticator: ',
} as const;

export const messages = {
  noAgent: 'Could not open a connection to your authentication agent.',
  agentUnreachable: (reason: string) => `Error connecting to agent: ${reason}`,
  badLifetime: 'Invalid lifetime',
  noIdentities: 'The agent has no identities.',
  listFailed: (reason: string) => `error fetching identities: ${reason}`,
  noExtensions: 'Agent does not support extension queries',
  locked: 'Agent locked.',
  unlocked: 'Agent unlocked.',
  lockFailed: (what: 'lock' | 'unlock', reason: string) => `Failed to ${what} agent: ${reason}`,
  passwordsDiffer: 'Passwords do not match.',

  cannotOpen: (file: string, reason: string) => `${file}: ${reason}`,
  cannotLoad: (file: string, reason: string) => `Error loading key "${file}": ${reason}`,
  added: (file: string, comment: string) => `Identity added: ${file} (${escapeControls(comment)})`,
  addFailed: (file: string, reason: string) => `Could not add identity "${file}": ${reason}`,
  lifetimeSet: (seconds: number) => `Lifetime set to ${seconds} seconds`,
  mustConfirm: 'The user must confirm each use of the key',
  certificateAdded: (file: string, keyId: string) => `Certificate added: ${file} (${escapeControls(keyId)})`,
  certificateFailed: (file: string, keyId: string, reason: string) =>
    `Certificate ${file} (${escapeControls(keyId)}) add failed: ${reason}`,
  certificateUnreadable: (file: string, reason: string) => `Failed to load certificate "${file}": ${reason}`,
  certificateMismatch: (certificate: string, file: string) =>
    `Certificate ${certificate} does not match private key ${file}`,

  badKeyFile: (file: string, reason: string) => `Bad key file ${file}: ${reason}`,
  removed: (file: string, label: string, comment: string) =>
    `Identity removed: ${file} ${label} (${escapeControls(comment)})`,
  removeFailed: (file: string, reason: string) => `Could not remove identity "${file}": ${reason}`,
  allRemoved: 'All identities removed.',
  removeAllFailed: 'Failed to remove all identities.',
  badLine: (number: number) => `(stdin):${number}: invalid key`,

  nothingToTest: 'no keys to test',
  testUnreadable: (file: string, reason: string) => `Couldn't read public key ${file}: ${reason}`,
  testRefused: (file: string, reason: string) => `Agent signature failed for ${file}: ${reason}`,
  testWrong: (file: string, reason: string) => `Signature verification failed for ${file}: ${reason}`,

  tokenAdded: (provider: string) => `Card added: ${provider}`,
  tokenRemoved: (provider: string) => `Card removed: ${provider}`,
  tokenFailed: (what: 'add' | 'remove', provider: string, reason: string) =>
    `Could not ${what} card "${provider}": ${reason}`,
  notCertificate: (file: string) => `"${file}" is not a certificate`,
  residentAdded: (label: string, print: string) => `Resident identity added: ${label} ${print}`,
  residentRefused: (label: string, print: string) => `Unable to add key ${label} ${print}`,
  noResident: 'No keys to download',
  residentFailed: (reason: string) => `Unable to load resident keys: ${reason}`,

  badDestination: (text: string) => `Invalid key destination constraint "${text}"`,
  userAtOrigin: (text: string) => `Invalid key destination constraint "${text}": cannot specify user on 'from' host`,
  noHostKeys: (host: string) => `No host keys found for destination "${host}"`,
} as const;
