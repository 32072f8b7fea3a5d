// The command line of ssh-add: letters to options. What is asked for more than once is the last one's; modes are taken
// in OpenSSH's order, whatever order they were named in.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { OptionReader } from '@sallyport/protocol/config/getopt';
import { parseTime } from '@sallyport/protocol/config/quantities';
import type { LogLevel } from '@sallyport/protocol/log/log';
import { fingerprintDigest } from '../shared/fingerprint-digest.ts';
import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages } from './messages.ts';

type ModeName =
  | 'query'
  | 'list'
  | 'list-keys'
  | 'lock'
  | 'unlock'
  | 'test'
  | 'remove-all'
  | 'remove'
  | 'add-token'
  | 'remove-token'
  | 'load-resident'
  | 'add';

export interface AddOptions {
  mode: ModeName;
  digest: DigestName;
  /** -k: keys without their certificates. */
  keysOnly: boolean;
  /** -C: certificates without their keys. */
  certificatesOnly: boolean;
  confirms: boolean;
  quiet: boolean;
  /** -N: certificates stay when they have expired. */
  keepsExpired: boolean;
  lifetimeSeconds: number | undefined;
  /** -h, as they were given. */
  destinations: string[];
  /** -H; the usual files when there is none. */
  hostFiles: string[];
  /** Of -s and -e. */
  tokenProvider: string;
  /** -S */
  keyProvider: string;
  logLevel: LogLevel;
  files: readonly string[];
}

const letters = 'vkKlLNCcdDTxXqQE:e:h:H:s:S:t:';
const modeLetters: Readonly<Record<string, ModeName>> = {
  Q: 'query',
  l: 'list',
  L: 'list-keys',
  x: 'lock',
  X: 'unlock',
  T: 'test',
  D: 'remove-all',
  s: 'add-token',
  e: 'remove-token',
  K: 'load-resident',
  d: 'remove',
};

type Apply = (options: AddOptions, value: string) => void;

const table: Readonly<Record<string, Apply>> = {
  C: (options) => void (options.certificatesOnly = true),
  E: (options, name) => {
    options.digest = fingerprintDigest(name);
  },
  H: (options, file) => void options.hostFiles.push(file),
  N: (options) => void (options.keepsExpired = true),
  S: (options, provider) => void (options.keyProvider = provider),
  c: (options) => void (options.confirms = true),
  e: (options, provider) => void (options.tokenProvider = provider),
  h: (options, text) => void options.destinations.push(text),
  k: (options) => void (options.keysOnly = true),
  q: (options) => void (options.quiet = true),
  s: (options, provider) => void (options.tokenProvider = provider),
  t: (options, text) => {
    const seconds = parseTime(text);
    if (seconds === undefined) throw new ProgramExit(messages.badLifetime, 1);
    options.lifetimeSeconds = seconds === 0 ? undefined : seconds;
  },
  v: (options) => void (options.logLevel = louder(options.logLevel)),
};

function louder(level: LogLevel): LogLevel {
  return level === 'info' ? 'debug1' : level === 'debug1' ? 'debug2' : 'debug3';
}

/** @throws UsageError @throws ProgramExit */
export function parseOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): AddOptions {
  const options: AddOptions = {
    mode: 'add',
    digest: 'sha256',
    keysOnly: false,
    certificatesOnly: false,
    confirms: false,
    quiet: false,
    keepsExpired: false,
    lifetimeSeconds: undefined,
    destinations: [],
    hostFiles: [],
    tokenProvider: '',
    keyProvider: environment['SSH_SK_PROVIDER'] || 'internal',
    logLevel: 'info',
    files: [],
  };
  const reader = new OptionReader(argv, letters);
  const modes = new Set<ModeName>();
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error') throw new UsageError(event.message);
    const { letter, value } = event;
    const mode = modeLetters[letter];
    if (mode !== undefined) modes.add(mode);
    table[letter]?.(options, value);
  }
  if (options.keysOnly && options.certificatesOnly) throw new UsageError('');
  options.mode = Object.values(modeLetters).find((mode) => modes.has(mode)) ?? 'add';
  options.files = reader.remaining();
  return options;
}
