// A file of another host, as a user writes it: `[user@]host:path`, or `SCHEME://[user@]host[:port][/path]`; IPv6
// addresses in brackets. A colon behind a slash, and one at the very beginning, belongs to a path of this machine.
// Places are byte strings.

import { parseSshUri } from '@sallyport/protocol/config/destination';
import { byteString, textOf } from './byte-string.ts';

export interface RemotePlace {
  readonly user: string | undefined;
  readonly host: string;
  /** Only of a URI. */
  readonly port: number | undefined;
  /** Empty when none was given. */
  readonly path: string;
}

/** `[user@]host:path`; undefined when no colon divides host and path. Any part may be empty. */
export function parseHostPath(text: string): RemotePlace | undefined {
  const colon = findColon(text);
  if (colon < 0) return undefined;
  return { ...parseUserHost(text.slice(0, colon)), port: undefined, path: text.slice(colon + 1) };
}

/** `[user@]host`, where the last `@` splits. */
export function parseUserHost(text: string): Pick<RemotePlace, 'user' | 'host'> {
  const at = text.lastIndexOf('@');
  const host = text.slice(at + 1);
  const isBracketed = host.startsWith('[') && host.endsWith(']');
  return { user: at < 0 ? undefined : text.slice(0, at), host: isBracketed ? host.slice(1, -1) : host };
}

/** A URI of this scheme; undefined when it is none. */
export function parsePlaceUri(text: string, scheme: 'sftp' | 'scp'): RemotePlace | undefined {
  const start = `${scheme}://`;
  const [, authority = '', path = ''] = /^([^/]*)\/?(.*)$/s.exec(text.slice(start.length)) ?? [];
  const decoded = decodePercent(path);
  const uri = textOf(authority);
  if (!isPlaceUri(text, scheme) || uri === undefined || /[?#]/.test(uri) || decoded === undefined) return undefined;
  const destination = parseSshUri(`ssh://${uri}`);
  if (destination === undefined) return undefined;
  const { user, host, port } = destination;
  return { user: user === undefined ? undefined : byteString(user), host: byteString(host), port, path: decoded };
}

export function isPlaceUri(text: string, scheme: 'sftp' | 'scp'): boolean {
  return text.toLowerCase().startsWith(`${scheme}://`);
}

/** Where the path begins; an IPv6 address is in brackets. */
function findColon(text: string): number {
  if (text.startsWith(':')) return -1;
  let isBracketed = text.startsWith('[');
  for (let at = 0; at < text.length; at++) {
    const two = text.slice(at, at + 2);
    if (two === '@[') isBracketed = true;
    if (two === ']:' && isBracketed) return at + 1;
    if (text.charAt(at) === ':' && !isBracketed) return at;
    if (text.charAt(at) === '/') return -1;
  }
  return -1;
}

/** A NUL, and half an escape, refuse the whole. */
function decodePercent(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})|%00|\0/i.test(text)) return undefined;
  return text.replaceAll(/%(..)/gs, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
