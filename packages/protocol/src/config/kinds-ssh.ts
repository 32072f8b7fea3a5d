// Kinds of values that only ssh_config has (ssh_config(5)): forwardings, escape character, tunnel devices, jump hosts,
// and the keywords that mix a yes or no with something else.

import { matchPattern } from '../wire/patterns.ts';
import type { Problem } from './config-error.ts';
import { isProblem, problem } from './config-error.ts';
import type { Destination } from './destination.ts';
import { formatHostAndPort, isSafeHostName, isSafeUserName, parseJumpHost } from './destination.ts';
import type { Forward, ForwardKind } from './forward-spec.ts';
import { formatForward, parseForward } from './forward-spec.ts';
import type { Kind } from './keyword.ts';
import type { WordCheck } from './kinds.ts';
import { choice, quoteWord, required } from './kinds.ts';
import { parsePort, parseTime } from './quantities.ts';
import type { Words } from './words.ts';

export const port: Kind<number> = {
  read: (words) => {
    const word = required(words, 'Missing argument.');
    if (isProblem(word)) return word;
    const value = parsePort(word);
    return value === undefined || value === 0 ? problem(`Bad port '${word}'.`) : value;
  },
  print: (value) => [`${value}`],
  synopsis: 'port',
};

/** LocalForward, RemoteForward, DynamicForward: listening end, then the target as a word of its own. */
export function forward(kind: ForwardKind): Kind<readonly Forward[]> {
  return {
    read: (words) => {
      const spec = forwardSpec(words, kind);
      if (isProblem(spec)) return spec;
      const parsed = parseForward(spec, kind);
      return parsed === undefined ? problem('Bad forwarding specification.') : [parsed];
    },
    print: (value) => value.map(formatForward),
    synopsis: kind === 'dynamic' ? '[bind:]port' : '[bind:]port host:port',
  };
}

function forwardSpec(words: Words, kind: ForwardKind): string | Problem {
  const listen = required(words, 'Missing argument.');
  if (isProblem(listen) || kind === 'dynamic') return listen;
  const target = words.next();
  if (target === undefined || target === '') {
    return kind === 'remote' ? listen : problem('Missing target argument.');
  }
  return `${listen}:${target}`;
}

/** Adds a forwarding unless the same one is there. */
export function addForward({
  soFar,
  next,
}: {
  readonly soFar: readonly Forward[];
  readonly next: readonly Forward[];
}): readonly Forward[] {
  const seen = new Set(soFar.map((one) => formatForward(one)));
  return [...soFar, ...next.filter((one) => !seen.has(formatForward(one)))];
}

/** The code of the escape character, or none. */
export const escapeCharacter: Kind<number | 'none'> = {
  read: (words) => {
    const word = required(words, 'Missing argument.');
    return isProblem(word) ? word : (parseEscapeCharacter(word) ?? problem('Bad escape character.'));
  },
  print: (value) => [value === 'none' ? 'none' : formatEscapeCharacter(value)],
  synopsis: 'character|^letter|none',
};

/** One character, `^` and a letter, or `none` (-e, EscapeChar). */
export function parseEscapeCharacter(word: string): number | 'none' | undefined {
  if (word.toLowerCase() === 'none') return 'none';
  if (/^\^[@-_a-z?]$/i.test(word)) return word.charCodeAt(1) & 31;
  return word.length === 1 && word.charCodeAt(0) < 128 ? word.charCodeAt(0) : undefined;
}

function formatEscapeCharacter(code: number): string {
  return code < 32 ? `^${String.fromCharCode(code + 64)}` : quoteWord(String.fromCharCode(code));
}

export interface TunnelDevice {
  readonly local: number | 'any';
  readonly remote: number | 'any';
}

const maximumTunnel = 0x7ffffffd;

/** `L[:R]` with numbers or `any` (-w, TunnelDevice). */
export function parseTunnelDevice(word: string): TunnelDevice | undefined {
  const parts = word.split(':');
  if (parts.length > 2) return undefined;
  const [local, remote = 'any'] = parts.map(tunnelNumber);
  return local === undefined || parts.map(tunnelNumber).includes(undefined) ? undefined : { local, remote };
}

function tunnelNumber(text: string): number | 'any' | undefined {
  if (text === 'any') return 'any';
  if (!/^[0-9]{1,10}$/.test(text)) return undefined;
  return Number(text) <= maximumTunnel ? Number(text) : undefined;
}

export const tunnelDevice: Kind<TunnelDevice> = {
  read: (words) => {
    const word = required(words, 'Missing argument.');
    return isProblem(word) ? word : (parseTunnelDevice(word) ?? problem('Bad tun device.'));
  },
  print: ({ local, remote }) => [`${local}:${remote}`],
  synopsis: 'local[:remote]',
};

/** Jump hosts in order; empty: none. */
export type JumpHosts = readonly Destination[];

/** Reads -J and ProxyJump. `checked`: names from the command line must be free of shell characters. */
export function parseJumpHosts(list: string, options: { readonly checked?: boolean } = {}): JumpHosts | undefined {
  if (list.toLowerCase() === 'none') return [];
  const hosts: Destination[] = [];
  for (const entry of list.split(',')) {
    const host = parseJumpHost(entry);
    if (host === undefined) return undefined;
    if (options.checked && !(isSafeHostName(host.host) && isSafeUserName(host.user ?? 'x'))) return undefined;
    hosts.push(host);
  }
  return hosts;
}

export const jumpHosts: Kind<JumpHosts> = {
  read: (words) => {
    const list = words.takeRest().split(/[ \t]/, 1)[0] as string;
    return parseJumpHosts(list) ?? problem('Invalid ProxyJump');
  },
  print: (value) => (value.length === 0 ? [] : [value.map(formatJumpHost).join(',')]),
  synopsis: '[user@]host[:port],...|none',
};

/** `[user@]host[:port]`. */
export function formatJumpHost({ user, host, port: number }: Destination): string {
  const prefix = user === undefined ? '' : `${user}@`;
  const bare = host.includes(':') ? `[${host}]` : host;
  return `${prefix}${number === undefined ? bare : formatHostAndPort(host, number)}`;
}

/** ForwardAgent: no, yes, or the path of another agent's socket (or `$NAME` of the environment). */
export const forwardAgent: Kind<boolean | string> = {
  read: (words) => {
    const word = required(words, 'missing argument.');
    if (isProblem(word)) return word;
    if (/^(?:yes|true)$/i.test(word)) return true;
    return /^(?:no|false)$/i.test(word) ? false : word;
  },
  print: (value) => [typeof value === 'string' ? quoteWord(value) : value ? 'yes' : 'no'],
  synopsis: 'yes|no|path|$NAME',
};

/** AddKeysToAgent: whether, asked how, and for how many seconds. */
export interface AddKeys {
  readonly add: 'no' | 'yes' | 'ask' | 'confirm';
  readonly seconds?: number;
}

export const addKeys: Kind<AddKeys> = {
  read: (words) => {
    const word = required(words, 'missing argument.');
    if (isProblem(word)) return word;
    const plain = plainAddKeys(word.toLowerCase());
    const time = words.next();
    if (plain === undefined) {
      const seconds = time === undefined ? parseTime(word) : undefined;
      return seconds === undefined ? problem('unsupported option') : { add: 'yes', seconds };
    }
    if (time === undefined) return { add: plain };
    const seconds = plain === 'confirm' ? parseTime(time) : undefined;
    return seconds === undefined ? problem('unsupported option') : { add: plain, seconds };
  },
  print: ({ add, seconds }) => {
    if (add === 'confirm') return [seconds === undefined ? 'confirm' : `confirm ${seconds}`];
    if (seconds !== undefined) return [`${seconds}`];
    return [add === 'no' ? 'false' : add === 'yes' ? 'true' : add];
  },
  synopsis: 'yes|no|ask|confirm [time]|time',
};

function plainAddKeys(word: string): AddKeys['add'] | undefined {
  if (word === 'yes' || word === 'true') return 'yes';
  if (word === 'no' || word === 'false') return 'no';
  return word === 'ask' || word === 'confirm' ? word : undefined;
}

/** ControlPersist: not at all, for ever, or for seconds of idleness. */
export const controlPersist: Kind<'no' | 'yes' | number> = {
  read: (words) => {
    const word = required(words, 'Missing ControlPersist argument.');
    if (isProblem(word)) return word;
    if (/^(?:yes|true)$/i.test(word)) return 'yes';
    if (/^(?:no|false)$/i.test(word)) return 'no';
    const seconds = parseTime(word);
    if (seconds === undefined) return problem('Bad ControlPersist argument.');
    return seconds === 0 ? 'yes' : seconds;
  },
  print: (value) => [`${value}`],
  synopsis: 'yes|no|time',
};

/** ObscureKeystrokeTiming: milliseconds between packets; 0: off. */
export const keystrokeTiming: Kind<number> = {
  read: (words) => {
    const word = required(words, 'missing argument.');
    if (isProblem(word)) return word;
    if (/^(?:yes|true)$/i.test(word)) return defaultKeystrokeMs;
    if (/^(?:no|false)$/i.test(word)) return 0;
    const [, digits] = /^interval:([0-9]{1,6})$/.exec(word) ?? [];
    const value = Number(digits);
    return value >= 1 && value <= 1000 ? value : problem(`unsupported option "${word}".`);
  },
  print: (value) => [value === 0 ? 'no' : value === defaultKeystrokeMs ? 'yes' : `interval:${value}`],
  synopsis: 'yes|no|interval:ms',
};

/** What ObscureKeystrokeTiming yes stands for. */
export const defaultKeystrokeMs = 20;

/** SendEnv: patterns; `-pattern` takes earlier ones back. */
export function addSendEnv({
  soFar,
  next,
}: {
  readonly soFar: readonly string[];
  readonly next: readonly string[];
}): readonly string[] {
  let kept = [...soFar];
  for (const pattern of next) {
    if (!pattern.startsWith('-')) kept.push(pattern);
    else kept = kept.filter((name) => !matchPattern(name, pattern.slice(1)));
  }
  return kept;
}

/** A domain of CanonicalDomains: no empty label, at most 255 characters; a final dot is dropped. */
export const domainName: WordCheck = (word, words) => {
  const name = word.replace(/\.$/, '').toLowerCase();
  if (name === 'none') return name;
  const fits = name.length <= 255 && /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?$/.test(name) && !name.includes('..');
  return fits ? name : problem(`keyword ${words.keyword} invalid domain name "${word}"`);
};

/** `source:target` pattern lists of CanonicalizePermittedCNAMEs. */
export const permittedAlias: WordCheck = (word) => {
  const parts = word.split(':');
  const fits = word.toLowerCase() === 'none' || (parts.length === 2 && !parts.includes(''));
  return fits ? word : problem(`Invalid permitted CNAME "${word}"`);
};

/** Choice with the spellings of older releases first, as `-G` prints them: true and false instead of yes and no. */
export function oldChoice<const Value extends string>(others: readonly Value[]): Kind<Value | 'yes' | 'no'> {
  return choice<Value | 'yes' | 'no'>([
    ['true', 'yes'],
    ['false', 'no'],
    ['yes', 'yes'],
    ['no', 'no'],
    ...others.map((other) => [other, other] as const),
  ]);
}
