// The command line of ssh-keygen: letters to options, checked where OpenSSH checks them, in its order. Which mode was
// asked for comes out as one name; what the modes do is in their files.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { OptionReader } from '@sallyport/protocol/config/getopt';
import {
  defaultKdfRounds,
  maximumKdfRounds,
  type PrivateKeyCipherName,
  privateKeyCiphers,
} from '@sallyport/protocol/keys/formats/openssh-key-v1';
import { parseNumber } from '../shared/parse-number.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages } from './messages.ts';

export type ModeName =
  | 'generate'
  | 'fingerprint'
  | 'print-public'
  | 'change-passphrase'
  | 'change-comment'
  | 'find-host'
  | 'remove-host'
  | 'hash-hosts';

export interface KeygenOptions {
  mode: ModeName;
  /** -t; ed25519 unless told. */
  type: string | undefined;
  bits: number | undefined;
  file: string | undefined;
  comment: string | undefined;
  newPassphrase: string | undefined;
  passphrase: string | undefined;
  quiet: boolean;
  verbose: boolean;
  rounds: number;
  cipher: PrivateKeyCipherName;
  digest: DigestName;
  /** Of -F and -R. */
  host: string;
  /** -H together with -F. */
  hashFound: boolean;
  /** -l together with -F. */
  fingerprintFound: boolean;
}

/** A wrong use: the message, if any, goes before the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const digests: readonly DigestName[] = ['md5', 'sha1', 'sha256', 'sha384', 'sha512'];

interface Draft extends KeygenOptions {
  readonly modes: Set<ModeName>;
}

interface OptionRow {
  readonly letter: string;
  readonly takesValue: boolean;
  readonly apply: (draft: Draft, value: string) => void;
}

const flag = (letter: string, apply: (draft: Draft) => void): OptionRow => ({ letter, takesValue: false, apply });
const mode = (letter: string, name: ModeName): OptionRow => flag(letter, (draft) => void draft.modes.add(name));
const value = (letter: string, apply: OptionRow['apply']): OptionRow => ({ letter, takesValue: true, apply });

const hostMode = (letter: string, name: ModeName): OptionRow =>
  value(letter, (draft, host) => {
    draft.modes.add(name);
    draft.host = host;
  });

const text = (letter: string, key: 'type' | 'file' | 'comment' | 'newPassphrase' | 'passphrase'): OptionRow =>
  value(letter, (draft, given) => {
    draft[key] = given;
  });

const optionTable: readonly OptionRow[] = [
  mode('H', 'hash-hosts'),
  mode('c', 'change-comment'),
  mode('l', 'fingerprint'),
  flag('o', () => undefined),
  mode('p', 'change-passphrase'),
  flag('q', (draft) => {
    draft.quiet = true;
  }),
  flag('v', (draft) => {
    draft.verbose = true;
  }),
  mode('y', 'print-public'),
  text('C', 'comment'),
  value('E', (draft, name) => {
    const digest = digests.find((known) => known === name.toLowerCase());
    if (digest === undefined) throw new ProgramExit(messages.badHash(name));
    draft.digest = digest;
  }),
  hostMode('F', 'find-host'),
  text('N', 'newPassphrase'),
  text('P', 'passphrase'),
  hostMode('R', 'remove-host'),
  value('Z', (draft, name) => {
    const cipher = privateKeyCiphers.find((known) => known.name === name);
    if (cipher === undefined) throw new ProgramExit(messages.badCipher(name));
    draft.cipher = cipher.name;
  }),
  value('a', (draft, given) => {
    const rounds = parseNumber(given, 1, maximumKdfRounds);
    if (typeof rounds === 'string') throw new ProgramExit(messages.badNumber(given, rounds));
    draft.rounds = rounds;
  }),
  value('b', (draft, given) => {
    const bits = parseNumber(given, 1, 0xffffffff);
    if (typeof bits === 'string') throw new ProgramExit(messages.badBits(given, bits));
    draft.bits = bits;
  }),
  text('f', 'file'),
  text('t', 'type'),
];

const letters = optionTable.map((row) => (row.takesValue ? `${row.letter}:` : row.letter)).join('');

/** @throws UsageError @throws ProgramExit */
export function parseOptions(argv: readonly string[]): KeygenOptions {
  const draft: Draft = {
    modes: new Set(),
    mode: 'generate',
    type: undefined,
    bits: undefined,
    file: undefined,
    comment: undefined,
    newPassphrase: undefined,
    passphrase: undefined,
    quiet: false,
    verbose: false,
    rounds: defaultKdfRounds,
    cipher: 'aes256-ctr',
    digest: 'sha256',
    host: '',
    hashFound: false,
    fingerprintFound: false,
  };
  const reader = new OptionReader(argv, letters);
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error') throw new UsageError(event.message);
    const { letter, value: given } = event;
    optionTable.find((row) => row.letter === letter)?.apply(draft, given);
  }
  if (reader.remaining().length > 0) throw new UsageError(messages.tooManyArguments);
  chooseMode(draft);
  return draft;
}

/** Several modes may be named; the first of this order wins, but for pairs that are refused or mean something. */
function chooseMode(draft: Draft): void {
  const { modes } = draft;
  if (modes.has('change-passphrase') && modes.has('change-comment')) {
    throw new UsageError(messages.onlyOneOfPassphraseAndComment);
  }
  const changesHosts = modes.has('remove-host') || (modes.has('hash-hosts') && !modes.has('find-host'));
  if (modes.has('fingerprint') && changesHosts) throw new UsageError(messages.noFingerprintsOfChanges);
  draft.hashFound = modes.has('hash-hosts');
  draft.fingerprintFound = modes.has('fingerprint');
  const order: readonly ModeName[] = [
    'find-host',
    'remove-host',
    'hash-hosts',
    'fingerprint',
    'change-passphrase',
    'change-comment',
    'print-public',
  ];
  draft.mode = order.find((name) => modes.has(name)) ?? 'generate';
}
