// Where a file is, as a user writes it: `path`, `[user@]host:path`, or `scp://[user@]host[:port][/path]`. A colon
// behind a slash, and one at the very beginning, belongs to the path. Paths are byte strings.

import { parseSshUri } from '@sallyport/protocol/config/destination';
import { textOf } from '../shared/byte-string.ts';

export interface RemotePlace {
  readonly user: string | undefined;
  readonly host: string;
  /** Only of a URI. */
  readonly port: number | undefined;
  /** `.` when none was given. */
  readonly path: string;
}

export type Place =
  | { readonly kind: 'local'; readonly path: string }
  | ({ readonly kind: 'remote' } & RemotePlace)
  | { readonly kind: 'bad-uri' | 'bad-place' };

export function parsePlace(text: string): Place {
  if (/^scp:\/\//i.test(text)) return parseUri(text);
  const colon = findColon(text);
  if (colon < 0) return { kind: 'local', path: text };
  const before = text.slice(0, colon);
  const at = before.lastIndexOf('@');
  const user = at < 0 ? undefined : textOf(before.slice(0, at));
  const host = textOf(withoutBrackets(before.slice(at + 1)));
  if (host === undefined || host === '' || user === '' || (at >= 0 && user === undefined)) return { kind: 'bad-place' };
  return { kind: 'remote', user, host, port: undefined, path: text.slice(colon + 1) || '.' };
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

function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

function parseUri(text: string): Place {
  const [, authority = '', path = ''] = /^scp:\/\/([^/]*)\/?(.*)$/is.exec(text) ?? [];
  const decoded = decodePercent(path);
  const uri = textOf(authority);
  const destination = uri === undefined || /[?#]/.test(uri) ? undefined : parseSshUri(`ssh://${uri}`);
  if (destination === undefined || decoded === undefined) return { kind: 'bad-uri' };
  const { user, host, port } = destination;
  return { kind: 'remote', user, host, port, path: decoded || '.' };
}

/** A NUL, and half an escape, refuse the whole. */
function decodePercent(text: string): string | undefined {
  if (/%(?![0-9a-f]{2})|%00|\0/i.test(text)) return undefined;
  return text.replaceAll(/%(..)/gs, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** Whether a user name may be handed to a shell at all, as OpenSSH's scp judges. */
export function isAcceptableUser(name: string): boolean {
  return /^[\0-\x7f]+$/.test(name) && !/['"` #]/.test(name);
}

/** The last component of a path, without slashes at its end. */
export function baseName(path: string): string {
  const trimmed = withoutSlashes(path);
  return trimmed === '/' ? '/' : trimmed.slice(trimmed.lastIndexOf('/') + 1);
}

/** The name that a path gets elsewhere: `..` stands for the contents of its folder, which has no name then. */
export function targetName(path: string): string {
  const name = baseName(path);
  return name === '..' ? '.' : name;
}

/** Slashes at the end mean nothing, but for the root. */
export function withoutSlashes(path: string): string {
  return path.replace(/(?<=.)\/+$/s, '');
}

/** A name below a folder. */
export function below(folder: string, name: string): string {
  return folder === '' || folder.endsWith('/') ? folder + name : `${folder}/${name}`;
}
