// Kinds of values that only sshd_config has (sshd_config(5)): listening addresses, start-up limits, penalties,
// authentication methods, subsystems, user patterns and commands that sshd runs itself.

import { matchAddressList } from '../wire/patterns.ts';
import type { Problem } from './config-error.ts';
import { isProblem, problem } from './config-error.ts';
import { formatHostAndPort, parseHostAndPort } from './destination.ts';
import type { Kind } from './keyword.ts';
import type { WordCheck } from './kinds.ts';
import { quoteWord, required } from './kinds.ts';
import { absolutePath } from './kinds-shared.ts';
import { parseInteger, parsePort, parseTime } from './quantities.ts';

export const listenPorts: Kind<readonly number[]> = {
  read: (words) => {
    const word = required(words, 'missing port number.');
    if (isProblem(word)) return word;
    const value = parsePort(word);
    return value === undefined || value === 0 ? problem('Badly formatted port number.') : [value];
  },
  print: (value) => value.map((port) => `${port}`),
  synopsis: 'port, may be repeated',
};

/** Where to listen; without a port on each of Port. */
export interface ListenAddress {
  readonly host: string;
  readonly port?: number;
}

export const listenAddresses: Kind<readonly ListenAddress[]> = {
  read: (words) => {
    const word = required(words, 'missing address');
    if (isProblem(word)) return word;
    if (words.remaining > 0) return problem('bad routing domain');
    const address = parseHostAndPort(word);
    return address === undefined ? problem('bad address:port usage') : [address];
  },
  print: (value) => value.map(({ host, port }) => (port === undefined ? host : formatHostAndPort(host, port))),
  synopsis: 'address[:port], may be repeated',
};

/** MaxStartups: from `start` unauthenticated connections on, `rate` percent are dropped, from `full` on all. */
export interface StartupLimits {
  readonly start: number;
  readonly rate: number;
  readonly full: number;
}

export const startupLimits: Kind<StartupLimits> = {
  read: (words) => {
    const word = required(words, `${words.keyword} missing argument.`);
    if (isProblem(word)) return word;
    const bad = problem('Invalid MaxStartups spec.');
    const numbers = word.split(':').map((part) => parseInteger(part));
    if (numbers.some(isProblem)) return bad;
    const [start, rate, full] = numbers as readonly number[];
    if (start === undefined || start < 1 || numbers.length === 2 || numbers.length > 3) return bad;
    if (rate === undefined || full === undefined) return { start, rate: 30, full: start };
    return full < start || rate > 100 || rate < 1 ? bad : { start, rate, full };
  },
  print: ({ start, rate, full }) => [`${start}:${rate}:${full}`],
  synopsis: 'start[:rate:full]',
};

/** PerSourceNetBlockSize: how many bits of an address make one source. */
export interface NetBlockSize {
  readonly v4: number;
  readonly v6: number;
}

export const netBlockSize: Kind<NetBlockSize> = {
  read: (words) => {
    const word = required(words, `${words.keyword} missing argument.`);
    if (isProblem(word)) return word;
    const numbers = word.split(':').map((part) => parseInteger(part));
    const [v4, v6 = 128] = numbers;
    const bad = numbers.length > 2 || isProblem(v4) || isProblem(v6) || v4 === undefined || v4 > 32 || v6 > 128;
    return bad ? problem('Invalid PerSourceNetBlockSize spec.') : { v4, v6 };
  },
  print: ({ v4, v6 }) => [`${v4}:${v6}`],
  synopsis: 'v4[:v6]',
};

/** A number from 0, or none. */
export const integerOrNone: Kind<number | 'none'> = {
  read: (words) => {
    const word = required(words, `${words.keyword} missing argument.`);
    if (isProblem(word) || word === 'none') return word;
    const value = parseInteger(word);
    return isProblem(value) ? problem(`${words.keyword} integer value ${value.problem}.`) : value;
  },
  print: (value) => [`${value}`],
  synopsis: 'number|none',
};

const penaltyNames: readonly string[] = [
  'authfail',
  'crash',
  'grace-exceeded',
  'invaliduser',
  'max',
  'max-sources4',
  'max-sources6',
  'min',
  'noauth',
  'overflow',
  'overflow6',
  'refuseconnection',
];

/** One word of PerSourcePenalties: `name:value`, or yes or no alone. */
export const penalty: WordCheck = (word) => {
  if (/^(?:yes|no)$/i.test(word)) return word.toLowerCase();
  const [, name = '', value = ''] = /^([a-z0-9-]+):(.+)$/i.exec(word) ?? [];
  const known = penaltyNames.includes(name.toLowerCase());
  const fits = name.toLowerCase().startsWith('overflow')
    ? /^(?:permissive|deny-all)$/i.test(value)
    : parseTime(value.replace(/\.[0-9]{1,3}$/, '')) !== undefined;
  return known && fits ? word.toLowerCase() : problem(`invalid PerSourcePenalties value "${word}"`);
};

const methodNames: readonly string[] = [
  'none',
  'publickey',
  'password',
  'keyboard-interactive',
  'gssapi-with-mic',
  'hostbased',
];

/** AuthenticationMethods: lists of methods of which one must be passed as a whole; empty: any method. */
export const authenticationMethods: Kind<readonly string[]> = {
  read: (words) => {
    const lists = words.takeAll();
    if (lists.includes('any')) {
      return lists.length === 1 ? [] : problem('"any" must appear alone in AuthenticationMethods');
    }
    const fits = lists.every((list) => list.split(',').every(isMethod));
    return fits ? lists : problem('invalid AuthenticationMethods method list.');
  },
  print: (value) => [value.length === 0 ? 'any' : value.join(' ')],
  synopsis: 'method,method...|any',
};

function isMethod(entry: string): boolean {
  const [name = '', ...device] = entry.split(':');
  return methodNames.includes(name) && !device.includes('');
}

/** A command that sshd runs itself: an absolute path with arguments, or none. */
export const absoluteCommand: Kind<string> = {
  read: (words) => {
    const rest = words.takeRest();
    if (rest.startsWith('/') || rest.toLowerCase() === 'none') return rest;
    return problem(`${words.keyword} must be an absolute path`);
  },
  print: (value) => [value],
  synopsis: 'command|none',
};

/** PermitUserEnvironment: whether, or a pattern list of the names that may be set. */
export const permitUserEnvironment: Kind<boolean | string> = {
  read: (words) => {
    const word = required(words, `${words.keyword} missing argument.`);
    if (isProblem(word)) return word;
    if (/^yes$/i.test(word)) return true;
    return /^no$/i.test(word) ? false : word;
  },
  print: (value) => [typeof value === 'string' ? quoteWord(value) : value ? 'yes' : 'no'],
  synopsis: 'yes|no|pattern list',
};

export interface Subsystem {
  readonly name: string;
  /** The command as written, with quotes. */
  readonly command: string;
}

export const subsystems: Kind<readonly Subsystem[]> = {
  read: (words) => {
    const name = required(words, `${words.keyword} missing argument.`);
    if (isProblem(name)) return name;
    const parts = words.takeAll();
    if (parts.length === 0 || parts[0] === '') return problem('Missing subsystem command.');
    return [{ name, command: parts.map(quoteWord).join(' ') }];
  },
  print: (value) => value.map(({ name, command }) => `${quoteWord(name)} ${command}`),
  synopsis: 'name command',
};

/** Adds a subsystem; the first command of a name stays. */
export function addSubsystem(values: {
  readonly soFar: readonly Subsystem[];
  readonly next: readonly Subsystem[];
}): readonly Subsystem[] {
  const known = new Set(values.soFar.map(({ name }) => name));
  return [...values.soFar, ...values.next.filter(({ name }) => !known.has(name))];
}

/** A pattern of AllowUsers and DenyUsers: USER or USER@HOST, where HOST may be a network. */
export const userPattern: WordCheck = (word, words) => {
  const at = word.lastIndexOf('@');
  const host = at < 0 ? undefined : word.slice(at + 1);
  const fits = word !== '' && at !== 0 && host !== '' && matchAddressList(undefined, host ?? '*') !== 'invalid';
  return fits ? word : problem(`invalid ${words.keyword} pattern: "${word}"`);
};

/** A pattern of AllowGroups and DenyGroups. */
export const groupPattern: WordCheck = (word, words) =>
  word === '' ? problem(`empty ${words.keyword} pattern`) : word;

/** One file name, made absolute, that is added to those of other lines. */
export const hostKeyFiles: Kind<readonly string[]> = {
  read: (words, context) => {
    const path = required(words, 'missing file name.');
    return isProblem(path) ? path : [absolutePath(path, context)];
  },
  print: (value) => value.map(quoteWord),
  synopsis: 'path, may be repeated',
};

/** Several file names, made absolute; none: empty. */
export const filePaths: Kind<readonly string[]> = {
  read: (words, context) => {
    const paths = words.takeAll();
    if (paths.length === 0 || paths.includes('')) return problem('missing file name.');
    const none = paths.some((path) => path.toLowerCase() === 'none');
    if (none && paths.length > 1) return problem(`keyword ${words.keyword} "none" argument must appear alone.`);
    return none ? [] : paths.map((path) => absolutePath(path, context));
  },
  print: (value) => [value.length === 0 ? 'none' : value.map(quoteWord).join(' ')],
  synopsis: 'path...|none',
};

/** Adds list entries to those of other lines. */
export function addEntries<Entry>(values: {
  readonly soFar: readonly Entry[];
  readonly next: readonly Entry[];
}): readonly Entry[] | Problem {
  return values.soFar.length + values.next.length > maximumEntries
    ? problem('too many entries.')
    : [...values.soFar, ...values.next];
}

/** Upper limit of the entries of one repeatable keyword. */
const maximumEntries = 4096;
