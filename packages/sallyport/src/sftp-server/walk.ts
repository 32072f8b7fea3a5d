// Follows a path part by part, symbolic links included: what the kernel does, done here where links must not leave a
// folder, or where the resolved name is wanted. Where the steps lead is the footing's business. Paths are byte strings:
// one character a byte.

import { codeOf, fileError } from './file-error.ts';
import type { Steps } from './steps.ts';

/** Where a walk stands: a folder, at first the one that relative paths begin in. */
export interface Footing {
  /** Goes to the folder that is above all. */
  top(): Steps<void>;
  /** One up; stays at the top. */
  leave(): Steps<void>;
  /** Down into a folder; ENOTDIR when the name is none itself, be it a link to one. */
  enter(name: string): Steps<void>;
  /** Where a link points to; undefined when the name is no link. ENOENT when there is nothing. */
  readlink(name: string): Steps<string | undefined>;
}

/** As in the kernel. */
const maximumLinks = 40;
const maximumPathBytes = 4096;

/**
 * Walks to the folder that holds the last part, and returns that part: `.` when it is the folder itself. With `follow`
 * the last part is no link; it may still be missing.
 */
export function* walk(footing: Footing, path: string, options: { readonly follow: boolean }): Steps<string> {
  if (path === '') throw fileError('ENOENT', 'walk');
  if (path.length >= maximumPathBytes) throw fileError('ENAMETOOLONG', 'walk');
  const left = path.split('/').reverse();
  let links = 0;
  if (path.startsWith('/')) yield* footing.top();
  for (;;) {
    const name = left.pop();
    if (name === undefined) return '.';
    if (name === '' || name === '.') continue;
    if (name === '..') {
      yield* footing.leave();
      continue;
    }
    const isLast = left.every((part) => part === '' || part === '.');
    const target = yield* isLast
      ? linkAtEnd(footing, name, { ...options, hasSlash: left.length > 0 })
      : stepInto(footing, name);
    if (target === undefined && isLast) return name;
    if (target === undefined) continue;
    if (++links > maximumLinks || target.length + left.length >= maximumPathBytes) throw fileError('ELOOP', 'walk');
    if (target === '') throw fileError('ENOENT', 'walk');
    if (target.startsWith('/')) yield* footing.top();
    left.push(...target.split('/').reverse());
  }
}

/** Down one part; where it leads if it is a link. */
function* stepInto(footing: Footing, name: string): Steps<string | undefined> {
  try {
    yield* footing.enter(name);
    return undefined;
  } catch (error) {
    if (codeOf(error) !== 'ENOTDIR') throw error;
    const target = yield* footing.readlink(name);
    if (target === undefined) throw error;
    return target;
  }
}

/** A last part with a slash behind it means a folder, never a link. */
function* linkAtEnd(
  footing: Footing,
  name: string,
  { follow, hasSlash }: { readonly follow: boolean; readonly hasSlash: boolean },
): Steps<string | undefined> {
  if (!follow && !hasSlash) return undefined;
  const target = yield* linkOrNothing(footing, name);
  if (target !== undefined && !follow) throw fileError('ENOTDIR', 'walk');
  return target;
}

function* linkOrNothing(footing: Footing, name: string): Steps<string | undefined> {
  try {
    return yield* footing.readlink(name);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
