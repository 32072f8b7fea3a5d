// The options of sshd (sshd(8)): letters to what they mean. Values that are keywords in disguise (-h, -g) become
// lines of configuration, so that one set of rules judges them all.

import { OptionReader } from '@sallyport/protocol/config/getopt';

export type RunMode = 'serve' | 'inetd' | 'test' | 'print' | 'print-unchecked' | 'version';

export interface CommandLine {
  readonly mode: RunMode;
  readonly detach: boolean;
  /** 0 to 3. */
  readonly debugLevel: number;
  readonly quiet: boolean;
  readonly configFile: string | undefined;
  /** Lines of configuration, and the ports of -p, in the order of the command line. */
  readonly lines: readonly ConfigurationLine[];
  readonly logToStderr: boolean;
  readonly logFile: string | undefined;
  /** -C: the connection that -T and -G speak of. */
  readonly connection: Readonly<Record<string, string>>;
}

/** A port of -p stands for every Port line that comes after it. */
export type ConfigurationLine = string | { readonly port: number };

export interface WrongCall {
  readonly problem: string;
  /** Whether the usage follows. */
  readonly showsUsage: boolean;
}

const letters = 'C:E:b:c:f:g:h:k:o:p:u:46DGQRTVdeiqrt';
const maximumPortCount = 256;
const connectionKeys = ['user', 'host', 'addr', 'laddr', 'lport', 'rdomain'];

interface Draft {
  mode: RunMode;
  detach: boolean;
  debugLevel: number;
  quiet: boolean;
  configFile: string | undefined;
  logToStderr: boolean;
  logFile: string | undefined;
  readonly lines: ConfigurationLine[];
  readonly connection: Record<string, string>;
}

type Action = (draft: Draft, value: string) => string | undefined;

const line =
  (keyword: string): Action =>
  (draft, value) => {
    draft.lines.push(`${keyword} ${value}`);
    return undefined;
  };
const set =
  (change: (draft: Draft, value: string) => void): Action =>
  (draft, value) => {
    change(draft, value);
    return undefined;
  };
const mode = (name: RunMode): Action => set((draft) => void (draft.mode = name));
const nothing: Action = () => undefined;

const actions: Readonly<Record<string, Action>> = {
  '4': line('AddressFamily inet'),
  '6': line('AddressFamily inet6'),
  C: readConnection,
  D: set((draft) => void (draft.detach = false)),
  E: set((draft, value) => void (draft.logFile = value)),
  G: mode('print-unchecked'),
  Q: nothing,
  R: () => '-R not supported here',
  T: mode('print'),
  V: mode('version'),
  b: nothing,
  c: line('HostCertificate'),
  d: set((draft) => void (draft.debugLevel = Math.min(3, draft.debugLevel + 1))),
  e: set((draft) => void (draft.logToStderr = true)),
  f: set((draft, value) => void (draft.configFile = value)),
  g: readGraceTime,
  h: line('HostKey'),
  i: mode('inetd'),
  k: nothing,
  o: set((draft, value) => void draft.lines.push(value)),
  p: readPort,
  q: set((draft) => void (draft.quiet = true)),
  r: nothing,
  t: mode('test'),
  u: nothing,
};

/** Reads the arguments; a problem is what goes to stderr before the usage. */
export function readCommandLine(argv: readonly string[]): CommandLine | WrongCall {
  const draft: Draft = {
    mode: 'serve',
    detach: true,
    debugLevel: 0,
    quiet: false,
    configFile: undefined,
    logToStderr: false,
    logFile: undefined,
    lines: [],
    connection: {},
  };
  const reader = new OptionReader(argv, letters);
  for (let option = reader.next(); option !== undefined; option = reader.next()) {
    if (option.kind === 'error') return { problem: option.message, showsUsage: true };
    const problem = actions[option.letter]?.(draft, option.value);
    if (problem !== undefined) return { problem, showsUsage: false };
  }
  const [extra] = reader.remaining();
  if (extra !== undefined) return { problem: `Extra argument ${extra}.`, showsUsage: false };
  return draft;
}

function readPort(draft: Draft, value: string): string | undefined {
  const port = Number(value);
  if (!/^\d{1,5}$/.test(value) || port < 1 || port > 65535) return 'Bad port number.';
  if (draft.lines.filter((given) => typeof given !== 'string').length >= maximumPortCount) return 'too many ports.';
  draft.lines.push({ port });
  return undefined;
}

function readGraceTime(draft: Draft, value: string): string | undefined {
  if (!/^(?:\d+[smhdw]?)+$/i.test(value)) return 'Invalid login grace time.';
  draft.lines.push(`LoginGraceTime ${value}`);
  return undefined;
}

function readConnection(draft: Draft, value: string): string | undefined {
  for (const part of value.split(',')) {
    const at = part.indexOf('=');
    if (part === 'invalid-user') draft.connection['invalid-user'] = 'yes';
    else if (connectionKeys.includes(part.slice(0, at))) draft.connection[part.slice(0, at)] = part.slice(at + 1);
    else if (part !== '') return `Invalid test mode specification ${part}`;
  }
  return undefined;
}
