// Everything below a folder, and the paths that fit a pattern. Names of the server that would lead elsewhere are
// refused; depth is bounded, so that a folder that contains itself ends.

import { parseGlobPattern } from '@sallyport/protocol/wire/glob-pattern';

import type { CallOptions } from '../cancellation.ts';
import { SshError } from '../errors.ts';
import { readDirectory } from './directory.ts';
import type { FileStatus, RemoteEntry } from './file-status.ts';
import { isDotName, isSafeName, joinPath, pathText } from './names.ts';
import { SftpError } from './sftp-error.ts';
import type { SftpSession } from './sftp-session.ts';

/** Folders within folders, as in OpenSSH. */
export const maximumDepth = 64;

/** A file of a tree. */
export interface WalkEntry extends RemoteEntry {
  /** With the path that the walk began with; as text, bytes that are no UTF-8 are lost in it. */
  readonly path: string;
  readonly pathBytes: Uint8Array;
  /** 1 directly below the start. */
  readonly depth: number;
}

export interface WalkOptions extends Pick<CallOptions, 'signal'> {
  /** Go into folders that symlinks lead to; not unless told. */
  readonly followSymlinks?: boolean;
}

/** How a walk asks about the target of a symlink. */
export type StatPath = (path: Uint8Array) => Promise<FileStatus>;

/** Each folder before what it contains. Rejects with SftpError, with code `suspect-name` for a name like `../x`. */
export async function* walkTree(
  session: SftpSession,
  start: Uint8Array,
  options: WalkOptions & { readonly stat: StatPath },
): AsyncGenerator<WalkEntry, void, undefined> {
  yield* walkFolder(session, { path: start, depth: 1 }, options);
}

async function* walkFolder(
  session: SftpSession,
  folder: { readonly path: Uint8Array; readonly depth: number },
  options: WalkOptions & { readonly stat: StatPath },
): AsyncGenerator<WalkEntry, void, undefined> {
  const { path, depth } = folder;
  if (depth > maximumDepth) throw new SshError('limit-exceeded', `more than ${maximumDepth} folders within folders`);
  for await (const names of readDirectory(session, path, options)) {
    for (const entry of names) {
      if (isDotName(entry.nameBytes)) continue;
      if (!isSafeName(entry.nameBytes)) throw suspectName(entry.nameBytes);
      const below = joinPath(path, entry.nameBytes);
      yield { ...entry, path: pathText(below), pathBytes: below, depth };
      const follow = entry.type === 'symlink' && options.followSymlinks === true;
      const type = follow ? await targetType(options.stat, below) : entry.type;
      if (type === 'directory') yield* walkFolder(session, { path: below, depth: depth + 1 }, options);
    }
  }
}

/** A symlink to nowhere is a symlink. */
async function targetType(stat: StatPath, path: Uint8Array): Promise<FileStatus['type']> {
  try {
    return (await stat(path)).type;
  } catch (error) {
    if (error instanceof SftpError) return 'symlink';
    throw error;
  }
}

export function suspectName(name: Uint8Array): SftpError {
  return new SftpError('suspect-name', { operation: 'readdir', path: name }, { reason: 'Server sent suspect path' });
}

/** Where a pattern is looked for. */
export interface GlobbedServer extends Pick<CallOptions, 'signal'> {
  readonly session: SftpSession;
  readonly stat: StatPath;
}

/**
 * The paths that fit a pattern with `*`, `?` and `[a-z]` in its components, sorted by their bytes; a component without
 * any is taken as it is. A name with a dot in front fits only a component that has one.
 */
export async function globPaths(remote: GlobbedServer, pattern: Uint8Array): Promise<Uint8Array[]> {
  const text = Buffer.from(pattern).toString('latin1');
  const components = text.split('/').filter((component) => component !== '');
  let paths: Uint8Array[] = [bytesOf(text.startsWith('/') ? '/' : '')];
  for (const [index, component] of components.entries()) {
    const isLast = index === components.length - 1;
    const found = await Promise.all(paths.map((folder) => expand(remote, folder, { component, isLast })));
    paths = found.flat();
  }
  return paths.filter((path) => path.length > 0).sort((a, b) => Buffer.compare(a, b));
}

async function expand(
  remote: GlobbedServer,
  folder: Uint8Array,
  { component, isLast }: { readonly component: string; readonly isLast: boolean },
): Promise<Uint8Array[]> {
  const pattern = parseGlobPattern(component);
  if (!pattern.hasWildcards) {
    const path = joinPath(folder, bytesOf(pattern.literal));
    return !isLast || (await exists(remote.stat, path)) ? [path] : [];
  }
  const found: Uint8Array[] = [];
  const read = readDirectory(remote.session, folder.length === 0 ? bytesOf('.') : folder, remote);
  try {
    for await (const names of read) {
      for (const { nameBytes, type } of names) {
        const name = Buffer.from(nameBytes).toString('latin1');
        const isHidden = name.startsWith('.') && !component.startsWith('.');
        if (isHidden || !isSafeName(nameBytes) || !pattern.matches(name)) continue;
        if (isLast || type === 'directory' || type === 'symlink' || type === 'unknown') {
          found.push(joinPath(folder, nameBytes));
        }
      }
    }
  } catch (error) {
    if (!(error instanceof SftpError)) throw error;
  }
  return found;
}

async function exists(stat: StatPath, path: Uint8Array): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (error instanceof SftpError) return false;
    throw error;
  }
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}
