// Whom to connect to, as a user writes it: `[user@]host`, `ssh://[user@]host[:port][/]`, `[user@]host[:port]` of
// jump hosts, `[v6]:port`; and which names from the command line are refused because a shell or a terminal could
// take them for something else. Nothing is looked up here.

import { hexDecode } from '../wire/base64.ts';
import { utf8Decode } from '../wire/utf8.ts';
import { parsePort } from './quantities.ts';

export interface Destination {
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
}

interface HostAndPort {
  readonly host: string;
  readonly port?: number;
}

/** The argument of ssh: a URI or `[user@]host`, where the last `@` splits. undefined if it is neither. */
export function parseDestination(text: string): Destination | undefined {
  if (/^ssh:\/\//i.test(text)) return parseSshUri(text);
  const { user, rest: host } = splitUser(text);
  if (host === '' || user === '') return undefined;
  return { host, ...(user === undefined ? {} : { user }) };
}

/** One jump host: a URI or `[user@]host[:port]`. */
export function parseJumpHost(text: string): Destination | undefined {
  if (/^ssh:\/\//i.test(text)) return parseSshUri(text);
  const { user, rest } = splitUser(text);
  if (user === '') return undefined;
  return withUser(parseHostAndPort(rest), user);
}

/** `ssh://[user[;parameters]@]host[:port][/]`; a path, a query or a NUL refuses it (RFC 3986 section 3). */
export function parseSshUri(text: string): Destination | undefined {
  const [, authority = '', path = ''] = /^ssh:\/\/([^/?#]*)(.*)$/is.exec(text) ?? [];
  if (authority === '' || (path !== '' && path !== '/')) return undefined;
  const { user: userInfo, rest } = splitUser(authority);
  const user = userInfo === undefined ? undefined : percentDecode(userInfo.split(';', 1)[0] as string);
  if (userInfo !== undefined && (user === undefined || user === '')) return undefined;
  return rest.includes('%') ? undefined : withUser(parseHostAndPort(rest), user);
}

function splitUser(text: string): { readonly user: string | undefined; readonly rest: string } {
  const at = text.lastIndexOf('@');
  return at < 0 ? { user: undefined, rest: text } : { user: text.slice(0, at), rest: text.slice(at + 1) };
}

function withUser(place: HostAndPort | undefined, user: string | undefined): Destination | undefined {
  if (place === undefined) return undefined;
  return user === undefined ? place : { user, ...place };
}

/** `host`, `host:port`, `[v6]` or `[v6]:port`; a bare IPv6 address has no port. Port 0 is none. */
export function parseHostAndPort(text: string): HostAndPort | undefined {
  const [, bracketed, , bracketPort] = /^\[([^\][]+)\](:(.*))?$/s.exec(text) ?? [];
  if (bracketed !== undefined) return hostAndPort(bracketed, bracketPort);
  if (text === '' || text.includes('[') || text.includes(']')) return undefined;
  const colon = text.indexOf(':');
  if (colon < 0) return { host: text };
  if (text.includes(':', colon + 1)) return { host: text };
  return hostAndPort(text.slice(0, colon), text.slice(colon + 1));
}

function hostAndPort(host: string, portText: string | undefined): HostAndPort | undefined {
  if (host === '') return undefined;
  if (portText === undefined) return { host };
  const port = parsePort(portText);
  return port === undefined || port === 0 ? undefined : { host, port };
}

function percentDecode(text: string): string | undefined {
  const bytes: number[] = [];
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) !== '%') {
      if (text.charCodeAt(at) > 0x7f) return undefined;
      bytes.push(text.charCodeAt(at));
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (!/^[0-9a-f]{2}$/i.test(digits) || digits === '00') return undefined;
    bytes.push(hexDecode(digits)[0] as number);
    at += 2;
  }
  return utf8Decode(Uint8Array.from(bytes));
}

/** `host` or, when a port must be told from it, `[v6]:port`. */
export function formatHostAndPort(host: string, port: number | string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

const shellCharactersOfHosts = '\'`"$\\;&<>|(){}';
const shellCharactersOfUsers = '\'`";&<>|(){}';

/** Whether a host name from the command line is free of shell characters, blanks and control characters. */
export function isSafeHostName(host: string): boolean {
  if (host.startsWith('-')) return false;
  return [...host].every((character) => !shellCharactersOfHosts.includes(character) && !/[\s\p{Cc}]/u.test(character));
}

/** The same for a user name; blanks are allowed, but nothing that looks like an option after one. */
export function isSafeUserName(user: string): boolean {
  if (user.startsWith('-') || user.endsWith('\\') || /\s-/.test(user)) return false;
  return [...user].every((character) => !shellCharactersOfUsers.includes(character) && !/\p{Cc}/u.test(character));
}
