// The command line of ssh-agent: letters to options, checked where OpenSSH checks them. What follows the options is a
// command to run with the agent.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';
import { OptionReader } from '@sallyport/protocol/config/getopt';
import { parseTime } from '@sallyport/protocol/config/quantities';
import { fingerprintDigest } from '../shared/fingerprint-digest.ts';
import { UsageError } from '../shared/option-table.ts';
import { ProgramExit } from '../shared/program-exit.ts';
import { messages, type Shell } from './messages.ts';

/** What tokens and their libraries may be used for. */
export interface TokenPolicy {
  /** -P */
  allowedProviders: string;
  /** -O allow-remote-pkcs11 */
  allowsRemoteTokens: boolean;
  /** -O websafe-allow, -O no-restrict-websafe */
  websafeApplications: string;
}

export interface AgentOptions {
  tokens: TokenPolicy;
  /** -a */
  path: string | undefined;
  shell: Shell | undefined;
  /** -D */
  inForeground: boolean;
  /** -d */
  isDebugging: boolean;
  digest: DigestName;
  /** -k */
  kills: boolean;
  /** -t */
  lifetimeSeconds: number | undefined;
  /** -T */
  inTemporaryFolder: boolean;
  /** -u, and -u again. */
  cleanups: number;
  /** -U */
  keepsStale: boolean;
  showsVersion: boolean;
  command: readonly string[];
}

/** Libraries of the system: `/usr/lib`, `/usr/lib64`, `/usr/local/lib`. */
const usualProviders = '/usr/lib*/*,/usr/local/lib*/*';
const letters = 'cDdksTuUVE:a:O:P:t:';

function setPolicy(tokens: TokenPolicy, text: string): void {
  const [, applications] = /^websafe-allow=(.*)$/.exec(text) ?? [];
  if (applications !== undefined) tokens.websafeApplications = applications;
  else if (text === 'no-restrict-websafe') tokens.websafeApplications = '*';
  else if (text === 'allow-remote-pkcs11') tokens.allowsRemoteTokens = true;
  else throw new ProgramExit(messages.unknownOption);
}

type Apply = (options: AgentOptions, value: string, seen: ReadonlySet<string>) => void;

const table: Readonly<Record<string, Apply>> = {
  E: (options, name) => {
    options.digest = fingerprintDigest(name);
  },
  O: ({ tokens }, text) => setPolicy(tokens, text),
  P: ({ tokens }, list, seen) => {
    if (seen.has('P')) throw new ProgramExit(messages.twice('P'));
    tokens.allowedProviders = list;
  },
  D: (options) => set(options, 'inForeground'),
  T: (options) => set(options, 'inTemporaryFolder'),
  U: (options) => set(options, 'keepsStale'),
  V: (options) => set(options, 'showsVersion'),
  a: (options, path) => void (options.path = path),
  c: (options) => chooseShell(options, 'csh'),
  d: (options) => set(options, 'isDebugging'),
  k: (options) => set(options, 'kills'),
  s: (options) => chooseShell(options, 'sh'),
  t: (options, text) => {
    const seconds = parseTime(text);
    if (seconds === undefined) throw new UsageError(messages.badLifetime);
    options.lifetimeSeconds = seconds;
  },
  u: (options) => void options.cleanups++,
};

type Flag = 'inForeground' | 'isDebugging' | 'inTemporaryFolder' | 'keepsStale' | 'showsVersion' | 'kills';

function set(options: AgentOptions, flag: Flag): void {
  options[flag] = true;
}

function chooseShell(options: AgentOptions, shell: Shell): void {
  if (options.shell !== undefined && options.shell !== shell) throw new UsageError('');
  options.shell = shell;
}

/** @throws UsageError @throws ProgramExit */
export function parseOptions(argv: readonly string[]): AgentOptions {
  const options: AgentOptions = {
    tokens: { allowedProviders: usualProviders, allowsRemoteTokens: false, websafeApplications: 'ssh:*' },
    path: undefined,
    shell: undefined,
    inForeground: false,
    isDebugging: false,
    digest: 'sha256',
    kills: false,
    lifetimeSeconds: undefined,
    inTemporaryFolder: false,
    cleanups: 0,
    keepsStale: false,
    showsVersion: false,
    command: [],
  };
  const reader = new OptionReader(argv, letters);
  const seen = new Set<string>();
  for (let event = reader.next(); event !== undefined; event = reader.next()) {
    if (event.kind === 'error') throw new UsageError(event.message);
    table[event.letter]?.(options, event.value, seen);
    seen.add(event.letter);
  }
  options.command = reader.remaining();
  checkTogether(options);
  return options;
}

function checkTogether({ command, shell, inForeground, isDebugging, kills, ...others }: AgentOptions): void {
  const isServing = inForeground || isDebugging;
  if (command.length > 0 && (shell !== undefined || kills || isServing || others.cleanups > 0))
    throw new UsageError('');
  if (inForeground && isDebugging) throw new UsageError('');
  if (others.inTemporaryFolder && others.path !== undefined) throw new UsageError('');
}

/** The shell to print for: what was asked for, else what SHELL suggests. */
export function shellFor(options: AgentOptions, environment: Readonly<Record<string, string | undefined>>): Shell {
  return options.shell ?? (environment['SHELL']?.endsWith('csh') === true ? 'csh' : 'sh');
}
