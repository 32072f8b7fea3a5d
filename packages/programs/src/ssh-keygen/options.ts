// The command line of ssh-keygen: letters to options, checked where OpenSSH checks them, in its order. Which mode was
// asked for comes out as one name; what the modes do is in their files.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { OptionReader } from '@sallyport/protocol/config/getopt';
import { type CertificateKind, endOfTime } from '@sallyport/protocol/keys/certificate';
import { type PrivateKeyCipherName, privateKeyCiphers } from '@sallyport/protocol/keys/formats/openssh-key-seal';
import { defaultKdfRounds, maximumKdfRounds } from '@sallyport/protocol/keys/formats/openssh-key-v1';
import { type PublicFileFormat, publicFileFormats } from '@sallyport/protocol/keys/formats/public-files';
import { fingerprintDigest } from '../shared/fingerprint-digest.ts';
import type { OptionRow } from '../shared/option-table.ts';
import { flag, lettersOf, readOptions, UsageError, valued } from '../shared/option-table.ts';
import { parseNumber } from '../shared/parse-number.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages, moduliMessages } from './messages.ts';
import { parseValidity, type Validity } from './validity.ts';

export type ModeName =
  | 'generate'
  | 'fingerprint'
  | 'print-public'
  | 'change-passphrase'
  | 'change-comment'
  | 'find-host'
  | 'remove-host'
  | 'hash-hosts'
  | 'certify'
  | 'show-certificate'
  | 'token-keys'
  | 'make-krl'
  | 'query-krl'
  | 'generate-moduli'
  | 'screen-moduli'
  | 'signature'
  | 'resident-keys'
  | 'export'
  | 'import'
  | 'dns-records'
  | 'host-keys';

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
  /** -m: of the file that is written or read; undefined: the usual one. */
  format: KeyFileFormat | undefined;
  /** -B: fingerprints as words. */
  babbles: boolean;
  /** -g: DNS records in the form for any server. */
  generic: boolean;
  /** Of -F, -R and -r. */
  host: string;
  /** -H together with -F. */
  hashFound: boolean;
  /** -l together with -F or -Q. */
  fingerprintFound: boolean;
  /** -u: keep what the list revokes already. */
  updates: boolean;
  /** -Y: what to do with signatures. */
  operation: string;
  /** -r: a list of revoked keys. */
  revokedFile: string | undefined;
  /** -s: the authority's key; with -Y the signature. */
  signingFile: string | undefined;
  /** -I: the identity of a certificate. */
  identity: string | undefined;
  /** -n: principals, separated by commas. */
  names: string | undefined;
  kind: CertificateKind;
  validity: Validity;
  /** -z; with a plus sign each certificate has the next number. */
  serial: { readonly first: bigint; readonly counts: boolean };
  /** -U. */
  usesAgent: boolean;
  /** -w: the middleware of security keys. */
  middleware: string | undefined;
  /** -D: the PKCS#11 module whose keys are listed, or whose key signs. */
  tokenModule: string | undefined;
  /** -l together with -D. */
  fingerprintOfToken: boolean;
  /** -O, in order; what one means depends on the mode. */
  settings: string[];
  operands: readonly string[];
}

/** PuTTY's files (PPK of version 3, PPK2 of version 2) hold private keys only. */
const puttyFormats = ['PPK', 'PPK2'] as const;
export type KeyFileFormat = PublicFileFormat | (typeof puttyFormats)[number];

interface Draft extends KeygenOptions {
  readonly modes: Set<ModeName>;
}

const mode = (letter: string, name: ModeName): OptionRow<Draft> => flag(letter, (draft) => void draft.modes.add(name));

const hostMode = (letter: string, name: ModeName): OptionRow<Draft> =>
  valued(letter, (draft, host) => {
    draft.modes.add(name);
    draft.host = host;
  });

type TextOption =
  | 'middleware'
  | 'type'
  | 'file'
  | 'comment'
  | 'newPassphrase'
  | 'passphrase'
  | 'signingFile'
  | 'identity'
  | 'names';

const text = (letter: string, key: TextOption): OptionRow<Draft> =>
  valued(letter, (draft, given) => {
    draft[key] = given;
  });

const optionTable: readonly OptionRow<Draft>[] = [
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
  valued('E', (draft, name) => {
    draft.digest = fingerprintDigest(name);
  }),
  hostMode('F', 'find-host'),
  text('N', 'newPassphrase'),
  text('P', 'passphrase'),
  hostMode('R', 'remove-host'),
  valued('Z', (draft, name) => {
    const cipher = privateKeyCiphers.find((known) => known.name === name);
    if (cipher === undefined) throw new ProgramExit(messages.badCipher(name));
    draft.cipher = cipher.name;
  }),
  valued('a', (draft, given) => {
    const rounds = parseNumber(given, 1, maximumKdfRounds);
    if (typeof rounds === 'string') throw new ProgramExit(messages.badNumber(given, rounds));
    draft.rounds = rounds;
  }),
  valued('b', (draft, given) => {
    const bits = parseNumber(given, 1, 0xffffffff);
    if (typeof bits === 'string') throw new ProgramExit(messages.badBits(given, bits));
    draft.bits = bits;
  }),
  text('f', 'file'),
  text('t', 'type'),
  mode('L', 'show-certificate'),
  mode('k', 'make-krl'),
  mode('Q', 'query-krl'),
  flag('u', (draft) => {
    draft.updates = true;
  }),
  valued('s', (draft, path) => {
    draft.modes.add('certify');
    draft.signingFile = path;
  }),
  valued('Y', (draft, operation) => {
    draft.modes.add('signature');
    draft.operation = operation;
  }),
  valued('M', (draft, given) => {
    if (given !== 'generate' && given !== 'screen') throw new ProgramExit(moduliMessages.unsupported(given));
    draft.modes.add(`${given}-moduli`);
  }),
  // With -Y a list of revoked keys, else a host for whom records are printed.
  valued('r', (draft, given) => {
    draft.modes.add('dns-records');
    draft.revokedFile = given;
    draft.host = given;
  }),
  flag('g', (draft) => {
    draft.generic = true;
  }),
  mode('e', 'export'),
  mode('i', 'import'),
  mode('X', 'import'),
  mode('A', 'host-keys'),
  flag('B', (draft) => {
    draft.babbles = true;
    draft.modes.add('fingerprint');
  }),
  valued('m', (draft, name) => {
    const format = [...publicFileFormats, ...puttyFormats].find((known) => known === name.toUpperCase());
    if (format === undefined) throw new ProgramExit(messages.badFormat(name));
    draft.format = format;
  }),
  text('I', 'identity'),
  text('n', 'names'),
  flag('h', (draft) => {
    draft.kind = 'host';
  }),
  valued('V', (draft, given) => {
    draft.validity = parseValidity(given, Math.floor(Date.now() / 1000));
  }),
  valued('z', (draft, given) => {
    const [, sign, digits] = /^(\+?)(\d{1,20})$/.exec(given) ?? [];
    const first = digits === undefined ? -1n : BigInt(digits);
    if (first < 0n || first > endOfTime) throw new ProgramExit(messages.badSerial(given));
    draft.serial = { first, counts: sign === '+' };
  }),
  flag('U', (draft) => {
    draft.usesAgent = true;
  }),
  text('w', 'middleware'),
  mode('K', 'resident-keys'),
  valued('D', (draft, path) => {
    draft.modes.add('token-keys');
    draft.tokenModule = path;
  }),
  valued('O', (draft, given) => {
    draft.settings.push(given);
  }),
];

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
    format: undefined,
    babbles: false,
    generic: false,
    host: '',
    hashFound: false,
    fingerprintFound: false,
    updates: false,
    operation: '',
    revokedFile: undefined,
    signingFile: undefined,
    identity: undefined,
    names: undefined,
    kind: 'user',
    validity: { after: 0n, before: endOfTime },
    serial: { first: 0n, counts: false },
    usesAgent: false,
    middleware: undefined,
    tokenModule: undefined,
    fingerprintOfToken: false,
    settings: [],
    operands: [],
  };
  const reader = new OptionReader(argv, lettersOf(optionTable));
  readOptions(reader, optionTable, { draft });
  draft.operands = reader.remaining();
  chooseMode(draft);
  return draft;
}

/** Several modes may be named; the first of this order wins, but for pairs that are refused or mean something. */
function chooseMode(draft: Draft): void {
  const { modes, operands } = draft;
  const takesAny = takingOperands.some((name) => modes.has(name));
  const certifies = modes.has('certify');
  if (certifies && !takesAny && operands.length === 0) throw new UsageError(messages.tooFewArguments);
  if (!certifies && !takesAny && operands.length > 0) throw new UsageError(messages.tooManyArguments);
  if (modes.has('change-passphrase') && modes.has('change-comment')) {
    throw new UsageError(messages.onlyOneOfPassphraseAndComment);
  }
  const changesHosts = modes.has('remove-host') || (modes.has('hash-hosts') && !modes.has('find-host'));
  if (modes.has('fingerprint') && changesHosts) throw new UsageError(messages.noFingerprintsOfChanges);
  draft.hashFound = modes.has('hash-hosts');
  draft.fingerprintFound = modes.has('fingerprint');
  draft.fingerprintOfToken = modes.has('fingerprint');
  draft.mode = modeOrder.find((name) => modes.has(name)) ?? 'generate';
}

/** Modes whose operands are files, few or many. */
const takingOperands: readonly ModeName[] = ['signature', 'make-krl', 'query-krl', 'generate-moduli', 'screen-moduli'];

const modeOrder: readonly ModeName[] = [
  'host-keys',
  'signature',
  'make-krl',
  'query-krl',
  'resident-keys',
  'certify',
  'token-keys',
  'show-certificate',
  'find-host',
  'remove-host',
  'hash-hosts',
  'fingerprint',
  'change-passphrase',
  'change-comment',
  'export',
  'import',
  'print-public',
  'dns-records',
  'generate-moduli',
  'screen-moduli',
];
