// The options in front of a key in authorized_keys (and of a name in AuthorizedPrincipalsFile): what each means, as a
// table. An option that is not in the table, is malformed or may not be repeated refuses its whole line, since to leave
// out a restriction would widen access. Order counts: `restrict` withdraws what stands before it and may be relaxed
// after.

import { type CalendarTime, parseCalendarTime } from '../calendar-time.ts';

/** What a session of the key may do unless sshd's own configuration forbids it. */
export interface KeyPermissions {
  agentForwarding: boolean;
  portForwarding: boolean;
  x11Forwarding: boolean;
  pty: boolean;
  userRc: boolean;
  tunnel: boolean;
}

/** A target of permitopen or permitlisten. */
export interface PermittedAddress {
  /** Literal name or address; '*' stands for any in permitlisten. */
  readonly host: string;
  readonly port: number | '*';
}

export interface KeyOptions {
  readonly permissions: Readonly<KeyPermissions>;
  /** Whether `restrict` was given: what later versions add is forbidden too. */
  readonly restricted: boolean;
  readonly certAuthority: boolean;
  readonly command: string | undefined;
  /** Comma-separated names that a certificate must bear one of; only with certAuthority. */
  readonly principals: string | undefined;
  /** Pattern list of names, addresses and networks. */
  readonly from: string | undefined;
  /** Comma-separated addresses and networks: only a certificate brings this. */
  readonly sourceAddress: string | undefined;
  readonly environment: readonly { readonly name: string; readonly value: string }[];
  /** The key is void after the earliest. */
  readonly expiryTimes: readonly CalendarTime[];
  /** Empty: no limit beside `permissions`. */
  readonly permitOpen: readonly PermittedAddress[];
  readonly permitListen: readonly PermittedAddress[];
  readonly tunnelDevice: number | 'any' | undefined;
  readonly touchRequired: boolean;
  readonly verifyRequired: boolean;
}

type Draft = { -readonly [K in keyof KeyOptions]: KeyOptions[K] } & {
  permissions: KeyPermissions;
  environment: { readonly name: string; readonly value: string }[];
  expiryTimes: CalendarTime[];
  permitOpen: PermittedAddress[];
  permitListen: PermittedAddress[];
};

type OptionRow =
  /** `name`, and `no-name` where it can be switched off. */
  | { readonly name: string; readonly negatable: boolean; set(draft: Draft, on: boolean): void }
  /** `name="value"`; gives back what is wrong with the value. */
  | { readonly name: string; take(draft: Draft, value: string): string | undefined };

/** What a name that no option has is refused with. */
export const unknownOption = 'unknown key option';
const maximumEnvironment = 1024;
const maximumPermittedAddresses = 4096;
const maximumHostLength = 1024;
const maximumTunnelDevice = 0x7ffffffd;

const optionTable: readonly OptionRow[] = [
  permission('agent-forwarding', 'agentForwarding'),
  permission('port-forwarding', 'portForwarding'),
  permission('x11-forwarding', 'x11Forwarding'),
  permission('pty', 'pty'),
  permission('user-rc', 'userRc'),
  { name: 'restrict', negatable: false, set: restrict },
  flag('cert-authority', 'certAuthority', false),
  flag('touch-required', 'touchRequired', true),
  flag('verify-required', 'verifyRequired', true),
  once('command'),
  once('principals'),
  once('from'),
  { name: 'environment', take: takeEnvironment },
  { name: 'expiry-time', take: takeExpiryTime },
  { name: 'permitopen', take: (draft, value) => takeAddress(draft.permitOpen, value) },
  {
    name: 'permitlisten',
    take: (draft, value) => takeAddress(draft.permitListen, value.includes(':') ? value : `*:${value}`),
  },
  { name: 'tunnel', take: takeTunnel },
];

/** What a key without options may do. */
export function defaultKeyOptions(): KeyOptions {
  return newDraft();
}

function newDraft(): Draft {
  return {
    permissions: {
      agentForwarding: true,
      portForwarding: true,
      x11Forwarding: true,
      pty: true,
      userRc: true,
      tunnel: true,
    },
    restricted: false,
    certAuthority: false,
    command: undefined,
    principals: undefined,
    from: undefined,
    sourceAddress: undefined,
    environment: [],
    expiryTimes: [],
    permitOpen: [],
    permitListen: [],
    tunnelDevice: undefined,
    touchRequired: true,
    verifyRequired: false,
  };
}

/** Parses a comma-separated option list as it stands before a key. Gives back what is wrong with it, for the log. */
export function parseKeyOptions(text: string): KeyOptions | { readonly refusal: string } {
  const draft = newDraft();
  const refusal = walkOptions(text, (word, value) =>
    value === undefined ? applyFlag(draft, word) : applyValue(draft, word, value),
  );
  return refusal === undefined ? draft : { refusal };
}

/**
 * Walks a list of `name` and `name="value"`; names come in lower case, a flag without a value. The first refusal that
 * `apply` gives back, or what is wrong with the list itself, ends it.
 */
export function walkOptions(
  text: string,
  apply: (word: string, value: string | undefined) => string | undefined,
): string | undefined {
  let rest = text;
  for (;;) {
    const [word = ''] = /^[a-z0-9-]*/i.exec(rest) ?? [];
    rest = rest.slice(word.length);
    let given: string | undefined;
    if (rest.startsWith('=')) {
      const value = readQuoted(rest.slice(1));
      if ('refusal' in value) return value.refusal;
      rest = value.rest;
      given = value.text;
    }
    const refusal = apply(word.toLowerCase(), given);
    if (refusal !== undefined) return refusal;
    if (rest === '') return undefined;
    if (!rest.startsWith(',')) return unknownOption;
    rest = rest.slice(1);
    if (rest === '') return 'unexpected end-of-options';
  }
}

/** Where a leading option list ends: at the first blank outside quotes; -1 when a quote stays open. */
export function endOfKeyOptions(line: string): number {
  let quoted = false;
  let at = 0;
  for (; at < line.length; at++) {
    const character = line[at];
    if (character === '\\' && line[at + 1] === '"') at++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && (character === ' ' || character === '\t')) break;
  }
  return quoted ? -1 : at;
}

function readQuoted(text: string): { readonly text: string; readonly rest: string } | { readonly refusal: string } {
  if (!text.startsWith('"')) return { refusal: 'missing start quote' };
  let value = '';
  for (let at = 1; at < text.length; at++) {
    const character = text.charAt(at);
    if (character === '"') return { text: value, rest: text.slice(at + 1) };
    if (character === '\\' && text[at + 1] === '"') value += text.charAt(++at);
    else value += character;
  }
  return { refusal: 'missing end quote' };
}

function applyFlag(draft: Draft, word: string): string | undefined {
  for (const row of optionTable) {
    if (!('set' in row)) continue;
    const off = row.negatable && word === `no-${row.name}`;
    if (!off && word !== row.name) continue;
    row.set(draft, !off);
    return undefined;
  }
  return unknownOption;
}

function applyValue(draft: Draft, word: string, value: string): string | undefined {
  for (const row of optionTable) if ('take' in row && row.name === word) return row.take(draft, value);
  return unknownOption;
}

function permission(name: string, key: keyof KeyPermissions): OptionRow {
  return {
    name,
    negatable: true,
    set: (draft, on) => {
      draft.permissions[key] = on;
    },
  };
}

function flag(name: string, key: 'certAuthority' | 'touchRequired' | 'verifyRequired', negatable: boolean): OptionRow {
  return {
    name,
    negatable,
    set: (draft, on) => {
      draft[key] = on;
    },
  };
}

function once(name: 'command' | 'principals' | 'from'): OptionRow {
  return {
    name,
    take: (draft, value) => {
      if (draft[name] !== undefined) return `multiple "${name}" clauses`;
      draft[name] = value;
      return undefined;
    },
  };
}

function restrict(draft: Draft): void {
  draft.restricted = true;
  for (const key of Object.keys(draft.permissions)) draft.permissions[key as keyof KeyPermissions] = false;
}

function takeEnvironment(draft: Draft, value: string): string | undefined {
  const equals = value.indexOf('=');
  const name = value.slice(0, Math.max(equals, 0));
  if (!/^\w+$/.test(name)) return 'invalid environment string';
  if (draft.environment.length >= maximumEnvironment) return 'too many environment strings';
  const known = draft.environment.some((entry) => entry.name === name);
  if (!known) draft.environment.push({ name, value: value.slice(equals + 1) });
  return undefined;
}

function takeExpiryTime(draft: Draft, value: string): string | undefined {
  const time = parseCalendarTime(value);
  if (time === undefined) return 'invalid expires time';
  draft.expiryTimes.push(time);
  return undefined;
}

function takeAddress(list: PermittedAddress[], value: string): string | undefined {
  const [, bracketed, plain, portText = ''] = /^(?:\[([^\]]+)\]|([^:]+)):(.*)$/.exec(value) ?? [];
  const host = bracketed ?? plain;
  if (host === undefined || host.length > maximumHostLength) return 'invalid permission hostname';
  const port = portText === '*' ? '*' : Number(portText);
  if (port !== '*' && (!/^\d{1,5}$/.test(portText) || port < 1 || port > 65535)) return 'invalid permission port';
  if (list.length >= maximumPermittedAddresses) return 'too many permission directives';
  list.push({ host, port });
  return undefined;
}

function takeTunnel(draft: Draft, value: string): string | undefined {
  const device = value === 'any' ? value : Number(value);
  if (device !== 'any' && (!/^\d{1,10}$/.test(value) || device > maximumTunnelDevice)) return 'invalid tun device';
  draft.tunnelDevice = device;
  draft.permissions.tunnel = true;
  return undefined;
}
