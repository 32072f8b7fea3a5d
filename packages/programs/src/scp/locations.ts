// Where a file is, as a user writes it: `path`, `[user@]host:path`, or `scp://[user@]host[:port][/path]`; and names of
// files in paths. Paths are byte strings, hosts and users are text.

import { textOf } from '../shared/byte-string.ts';
import * as shared from '../shared/remote-place.ts';

export interface RemotePlace extends shared.RemotePlace {
  /** `.` when none was given. */
  readonly path: string;
}

export type Place =
  | { readonly kind: 'local'; readonly path: string }
  | ({ readonly kind: 'remote' } & RemotePlace)
  | { readonly kind: 'bad-uri' | 'bad-place' };

export function parsePlace(text: string): Place {
  if (shared.isPlaceUri(text, 'scp')) return remotePlace(shared.parsePlaceUri(text, 'scp')) ?? { kind: 'bad-uri' };
  const place = shared.parseHostPath(text);
  if (place === undefined) return { kind: 'local', path: text };
  return remotePlace(place) ?? { kind: 'bad-place' };
}

/** undefined when there is no host, or it or the user is no text. */
function remotePlace(place: shared.RemotePlace | undefined): Place | undefined {
  if (place === undefined) return undefined;
  const host = textOf(place.host);
  const user = place.user === undefined ? undefined : textOf(place.user);
  if (host === undefined || host === '' || user === '' || (user === undefined && place.user !== undefined))
    return undefined;
  return { kind: 'remote', user, host, port: place.port, path: place.path || '.' };
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
