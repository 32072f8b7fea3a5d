// Kinds of values that ssh_config and sshd_config both have and that are more than a word: algorithm lists, IPQoS,
// RekeyLimit, channel time-outs, environment settings, `host:port` permissions, log levels.

import { usableAlgorithms } from './algorithm-list.ts';
import { isProblem, problem } from './config-error.ts';
import type { AlgorithmFamily, Kind, ReadingContext } from './keyword.ts';
import type { Spellings, WordCheck } from './kinds.ts';
import { choice, quoteWord, required } from './kinds.ts';
import { parsePort, parseSize, parseTime } from './quantities.ts';
import type { Words } from './words.ts';

/** A list of algorithm names, kept as written (`+`, `-`, `^` and all) until defaults are known. */
export function algorithms(
  family: AlgorithmFamily,
  complaints: { readonly missing: (keyword: string) => string; readonly bad: (list: string) => string },
): Kind<string> {
  return {
    read: (words, context) => {
      const list = required(words, complaints.missing(words.keyword));
      if (isProblem(list)) return list;
      const fits = usableAlgorithms(list, context.algorithms[family]).length > 0;
      return fits ? list : problem(complaints.bad(list));
    },
    print: (value) => [value],
    synopsis: 'list, +list, -list or ^list',
  };
}

/** A file name; sshd makes it absolute. `none` stays as it is. */
export function filePath(missing: string): Kind<string> {
  return {
    read: (words, context) => {
      const path = required(words, missing);
      return isProblem(path) ? path : absolutePath(path, context);
    },
    print: (value) => [quoteWord(value)],
    synopsis: 'path|none',
  };
}

/** The file name from the root, if the context has a working folder. */
export function absolutePath(path: string, context: ReadingContext): string {
  const { workingFolder } = context;
  if (workingFolder === undefined || path === 'none' || path.startsWith('/')) return path;
  return `${workingFolder.replace(/\/$/, '')}/${path}`;
}

// RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622: code point in the upper six bits.
const serviceClasses: Spellings<number> = [
  ...[1, 2, 3, 4].flatMap((line) => [1, 2, 3].map((drop) => [`af${line}${drop}`, (line * 8 + drop * 2) << 2] as const)),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((line) => [`cs${line}`, line << 5] as const),
  ['ef', 0xb8],
  ['le', 0x04],
  ['va', 0xb0],
];

const obsoleteServiceNames: readonly string[] = ['lowdelay', 'throughput', 'reliability'];

export type ServiceClass = number | 'none';

/** Traffic classes of interactive and of other sessions. */
export interface ServiceClasses {
  readonly interactive: ServiceClass;
  readonly bulk: ServiceClass;
}

function parseServiceClass(word: string): ServiceClass | undefined {
  const name = word.toLowerCase();
  if (name === 'none' || obsoleteServiceNames.includes(name)) return 'none';
  const named = serviceClasses.find(([spelling]) => spelling === name);
  if (named !== undefined) return named[1];
  const number = /^0x[0-9a-f]{1,2}$/.test(name) ? Number(name) : parseCNumber(name);
  return number !== undefined && number <= 255 ? number : undefined;
}

// Decimal, or octal after a leading zero.
function parseCNumber(text: string): number | undefined {
  if (/^0[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  return /^[0-9]{1,4}$/.test(text) ? Number(text) : undefined;
}

function formatServiceClass(value: ServiceClass): string {
  if (value === 'none') return 'none';
  return serviceClasses.find(([, code]) => code === value)?.[0] ?? `0x${value.toString(16).padStart(2, '0')}`;
}

export function serviceClassPair(missing: string): Kind<ServiceClasses> {
  return {
    read: (words) => {
      const first = required(words, missing.replace(/^K /, `${words.keyword} `));
      if (isProblem(first)) return first;
      const interactive = parseServiceClass(first);
      if (interactive === undefined) return problem(`Bad IPQoS value: ${first}`);
      const second = words.next();
      const bulk = second === undefined ? interactive : parseServiceClass(second);
      return bulk === undefined ? problem(`Bad IPQoS value: ${second}`) : { interactive, bulk };
    },
    print: ({ interactive, bulk }) => [`${formatServiceClass(interactive)} ${formatServiceClass(bulk)}`],
    synopsis: 'class [class]',
  };
}

/** When to exchange keys again; 0 bytes: by the cipher's own limit; 0 seconds: not by time. */
export interface RekeyLimit {
  readonly bytes: bigint;
  readonly seconds: number;
}

/** Smallest number of bytes that RekeyLimit takes. */
const minimumRekeyBytes = 16n;

export function rekeyLimit(complaints: { readonly missing: string; readonly badNumber: string }): Kind<RekeyLimit> {
  return {
    read: (words) => {
      const size = required(words, complaints.missing);
      if (isProblem(size)) return size;
      const bytes = size === 'default' ? 0n : parseSize(size);
      if (isProblem(bytes)) return problem(`${complaints.badNumber} '${size}': ${bytes.problem}`);
      if (bytes !== 0n && bytes < minimumRekeyBytes) return problem('RekeyLimit too small');
      const time = words.next();
      const seconds = time === undefined || time === 'none' ? 0 : parseTime(time);
      return seconds === undefined ? problem('invalid time value.') : { bytes, seconds };
    },
    print: ({ bytes, seconds }) => [`${bytes} ${seconds}`],
    synopsis: 'bytes|default [time|none]',
  };
}

const channelTypes: readonly string[] = [
  'agent-connection',
  'direct-streamlocal@openssh.com',
  'direct-tcpip',
  'forwarded-streamlocal@openssh.com',
  'forwarded-tcpip',
  'session',
  'tun-connection',
  'x11-connection',
];

/** `type=time` with a known channel type, a session kind, a pattern or `global`. */
export const channelTimeout: WordCheck = (word) => {
  const equals = word.lastIndexOf('=');
  const type = word.slice(0, equals);
  const time = equals < 0 ? undefined : parseTime(word.slice(equals + 1));
  const base = type.split(':', 1)[0] as string;
  const known = type === 'global' || type.includes('*') || channelTypes.includes(base);
  if (word.toLowerCase() === 'none') return word;
  return time !== undefined && known ? word : problem(`invalid channel timeout ${word}`);
};

/** Words of SetEnv: `NAME=VALUE`, the first of a name wins. */
export function environmentSettings(complaint: string): Kind<readonly string[]> {
  return {
    read: (words) => {
      const settings = new Map<string, string>();
      for (const word of words.takeAll()) {
        const equals = word.indexOf('=');
        if (equals <= 0) return problem(complaint);
        const name = word.slice(0, equals);
        if (!settings.has(name)) settings.set(name, word);
      }
      return [...settings.values()];
    },
    // On one line, since only the first line counts.
    print: (value) => (value.length === 0 ? [] : [value.map(quoteWord).join(' ')]),
    synopsis: 'NAME=VALUE...',
  };
}

/** A pattern of environment names: not empty, without `=`. */
export const environmentPattern: WordCheck = (word) =>
  word === '' || word.includes('=') ? problem('Invalid environment name.') : word;

/** `host:port` of PermitOpen and its likes; * for any. */
export interface PermittedTarget {
  readonly host: string;
  readonly port: number | '*';
}

export type PermittedTargets = 'any' | 'none' | readonly PermittedTarget[];

/** Reads one permitted target; `listen`: the host may be left out. */
export function parsePermittedTarget(
  word: string,
  options: { readonly listen?: boolean } = {},
): PermittedTarget | undefined {
  const [, bracketed, bracketPort] = /^\[([^\]]+)\]:(.+)$/.exec(word) ?? [];
  const colon = word.lastIndexOf(':');
  if (bracketed === undefined && colon < 0 && !options.listen) return undefined;
  const host = bracketed ?? (colon < 0 ? '*' : word.slice(0, colon));
  const portText = bracketPort ?? word.slice(colon + 1);
  const port = portText === '*' ? '*' : parsePort(portText);
  if (host === '' || port === undefined || port === 0) return undefined;
  return { host, port };
}

export function permittedTargets(options: {
  readonly listen?: boolean;
  readonly missing: (words: Words) => string;
  readonly badPort: (words: Words) => string;
}): Kind<PermittedTargets> {
  return {
    read: (words) => {
      const first = words.peek();
      if (first === undefined || first === '') return problem(options.missing(words));
      if (first === 'any' || first === 'none') {
        words.next();
        return first;
      }
      const targets: PermittedTarget[] = [];
      for (const word of words.takeAll()) {
        const target = parsePermittedTarget(word, options);
        if (target === undefined) return problem(options.badPort(words));
        targets.push(target);
      }
      return targets;
    },
    print: (value) => [typeof value === 'string' ? value : value.map(formatTarget).join(' ')],
    synopsis: 'host:port...|any|none',
  };
}

export function formatTarget({ host, port }: PermittedTarget): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function namedChoice<const Value>(spellings: Spellings<Value>, what: string): Kind<Value> {
  const plain = choice(spellings);
  return {
    ...plain,
    read: (words, context) => {
      const word = words.peek() ?? '';
      const value = word === '' ? undefined : plain.read(words, context);
      return value === undefined || isProblem(value) ? problem(`unsupported ${what} '${word}'`) : value;
    },
  };
}

/** Levels of LogLevel, quiet first. */
export const logLevel = namedChoice(
  [
    ['SILENT', 'quiet'],
    ['QUIET', 'quiet'],
    ['FATAL', 'fatal'],
    ['ERROR', 'error'],
    ['INFO', 'info'],
    ['VERBOSE', 'verbose'],
    ['DEBUG', 'debug1'],
    ['DEBUG1', 'debug1'],
    ['DEBUG2', 'debug2'],
    ['DEBUG3', 'debug3'],
  ],
  'log level',
);

export type LogLevelName = 'quiet' | 'fatal' | 'error' | 'info' | 'verbose' | 'debug1' | 'debug2' | 'debug3';

export const syslogFacility = namedChoice(
  ['DAEMON', 'USER', 'AUTH', 'AUTHPRIV', ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => `LOCAL${n}`)].map(
    (name) => [name, name] as const,
  ),
  'log facility',
);

/** Hash for fingerprints. */
export const fingerprintHash = choice([
  ['SHA256', 'sha256'],
  ['MD5', 'md5'],
]);
