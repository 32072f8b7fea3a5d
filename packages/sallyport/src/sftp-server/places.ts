// Where a client's path is for the system. `PlainPlaces` leaves it to the kernel. `ContainedPlaces` keeps every path
// below a root, whoever renames or links what meanwhile: it walks on open folders (`/proc/self/fd/N/name`), never by a
// path that the kernel follows, so that `..`, links and races end at the root at most. Linux with /proc only.

import * as fs from 'node:fs';

import type { FileCalls } from './file-calls.ts';
import { codeOf, fileError } from './file-error.ts';
import type { Steps } from './steps.ts';
import { of } from './steps.ts';
import type { Footing } from './walk.ts';
import { walk } from './walk.ts';

/** Something that a path names, for calls of the system. Release it when they are over. */
export interface Place {
  readonly path: Buffer;
  release(): Steps<void>;
}

export interface Places {
  /** Whether the last part of a place may be a link that a call must not follow. */
  readonly isContained: boolean;
  /** With `follow` the place is no link itself, and in a contained one calls must see to it that it stays so. */
  find(path: string, options: { readonly follow: boolean }): Steps<Place>;
  /** The path without links, `.` and `..`, as clients see it. The last part may be missing. */
  resolve(path: string): Steps<string>;
}

/** Bytes of a byte string. */
export function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

const release = (): Steps<void> => of(undefined);

export class PlainPlaces implements Places {
  readonly isContained = false;
  readonly #calls: FileCalls;
  readonly #start: string;

  /** `start` is absolute: where relative paths begin. */
  constructor(calls: FileCalls, start: string) {
    this.#calls = calls;
    this.#start = start;
  }

  find(path: string): Steps<Place> {
    if (path === '') throw fileError('ENOENT', 'find');
    return of({ path: bytesOf(this.#absolute(path)), release });
  }

  *resolve(path: string): Steps<string> {
    const footing = new NamedFooting(this.#calls);
    const last = yield* walk(footing, this.#absolute(path), { follow: true });
    return footing.pathOf(last);
  }

  #absolute(path: string): string {
    return path.startsWith('/') ? path : `${this.#start}/${path}`;
  }
}

/** A folder by its name, for the sake of the name. */
class NamedFooting implements Footing {
  readonly #calls: FileCalls;
  #names: string[] = [];

  constructor(calls: FileCalls) {
    this.#calls = calls;
  }

  pathOf(last: string): string {
    return `/${(last === '.' ? this.#names : [...this.#names, last]).join('/')}`;
  }

  top(): Steps<void> {
    this.#names = [];
    return of(undefined);
  }

  leave(): Steps<void> {
    this.#names.pop();
    return of(undefined);
  }

  *enter(name: string): Steps<void> {
    const status = yield* of(this.#calls.lstat(bytesOf(this.pathOf(name))));
    if (!status.isDirectory()) throw fileError('ENOTDIR', 'lstat');
    this.#names.push(name);
  }

  readlink(name: string): Steps<string | undefined> {
    return readLink(this.#calls, this.pathOf(name));
  }
}

function* readLink(calls: FileCalls, path: string): Steps<string | undefined> {
  try {
    return (yield* of(calls.readlink(bytesOf(path)))).toString('latin1');
  } catch (error) {
    if (codeOf(error) === 'EINVAL') return undefined;
    throw error;
  }
}

/** Folders that one walk holds open. */
const maximumDepth = 512;

/** O_PATH of open(2), which node:fs does not name. */
export const pathOnly = 0o10000000;
const folderFlags = pathOnly | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;

/** An open file or folder, by its descriptor. */
export function descriptorPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

export class ContainedPlaces implements Places {
  readonly isContained = true;
  readonly #calls: FileCalls;
  readonly #rootFd: number;

  /** Throws when the root is no folder, or when this system cannot keep anybody in it. */
  constructor(calls: FileCalls, root: string) {
    this.#calls = calls;
    this.#rootFd = fs.openSync(root, pathOnly | fs.constants.O_DIRECTORY);
    if (!isSame(fs.fstatSync(this.#rootFd), `${descriptorPath(this.#rootFd)}/.`)) {
      this.close();
      throw new Error('a root folder needs Linux with /proc: nothing else keeps clients in it');
    }
  }

  *find(path: string, options: { readonly follow: boolean }): Steps<Place> {
    const footing = new OpenFooting(this.#calls, this.#rootFd);
    try {
      const last = yield* walk(footing, path, options);
      return { path: bytesOf(`${footing.path}/${last}`), release: () => footing.release() };
    } catch (error) {
      yield* footing.release();
      throw error;
    }
  }

  *resolve(path: string): Steps<string> {
    const footing = new OpenFooting(this.#calls, this.#rootFd);
    try {
      const last = yield* walk(footing, path, { follow: true });
      return `/${(last === '.' ? footing.names : [...footing.names, last]).join('/')}`;
    } finally {
      yield* footing.release();
    }
  }

  close(): void {
    fs.closeSync(this.#rootFd);
  }
}

function isSame(folder: fs.Stats, path: string): boolean {
  const found = fs.statSync(path, { throwIfNoEntry: false });
  return found !== undefined && found.dev === folder.dev && found.ino === folder.ino;
}

/** An open folder below the root, with the open folders above it: `..` is the one that we came from. */
class OpenFooting implements Footing {
  readonly #calls: FileCalls;
  readonly #rootFd: number;
  #folders: { readonly fd: number; readonly name: string }[] = [];

  constructor(calls: FileCalls, rootFd: number) {
    this.#calls = calls;
    this.#rootFd = rootFd;
  }

  get path(): string {
    return descriptorPath(this.#folders.at(-1)?.fd ?? this.#rootFd);
  }

  get names(): string[] {
    return this.#folders.map(({ name }) => name);
  }

  top(): Steps<void> {
    return this.release();
  }

  *leave(): Steps<void> {
    const folder = this.#folders.pop();
    if (folder !== undefined) yield* of(this.#calls.close(folder.fd));
  }

  *enter(name: string): Steps<void> {
    if (this.#folders.length >= maximumDepth) throw fileError('ENAMETOOLONG', 'open');
    const fd = yield* of(this.#calls.open(bytesOf(`${this.path}/${name}`), folderFlags));
    this.#folders.push({ fd, name });
  }

  readlink(name: string): Steps<string | undefined> {
    return readLink(this.#calls, `${this.path}/${name}`);
  }

  *release(): Steps<void> {
    const folders = this.#folders;
    this.#folders = [];
    for (const { fd } of folders) yield* of(this.#calls.close(fd));
  }
}
