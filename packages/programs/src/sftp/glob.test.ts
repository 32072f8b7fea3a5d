import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GlobFiles, GlobOptions, GlobStatus } from './glob.ts';
import { expandBraces, glob, TooManyMatches } from './glob.ts';

const folder = { type: 'directory' };
const file = { type: 'file' };
const link = { type: 'symlink' };

/** Files by their paths; a folder lists what is below it. */
class MemoryFiles implements GlobFiles<GlobStatus> {
  readonly inspected: string[] = [];
  readonly #files: ReadonlyMap<string, GlobStatus>;

  constructor(files: Readonly<Record<string, GlobStatus>>) {
    this.#files = new Map(Object.entries(files));
  }

  async list(path: string): Promise<{ name: string; status: GlobStatus }[]> {
    const start = path === '.' ? '' : path.endsWith('/') ? path : `${path}/`;
    const names = [...this.#files].filter(
      ([name]) => name.startsWith(start) && !name.slice(start.length).includes('/'),
    );
    return names
      .map(([name, status]) => ({ name: name.slice(start.length), status }))
      .filter(({ name }) => name !== '');
  }

  async inspect(path: string): Promise<GlobStatus | undefined> {
    this.inspected.push(path);
    return this.#files.get(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path);
  }

  async follow(path: string): Promise<GlobStatus | undefined> {
    if (path.endsWith('tofolder')) return folder;
    return path.endsWith('lost') ? undefined : this.#files.get(path);
  }
}

const some = new MemoryFiles({
  '/d': folder,
  '/d/b': file,
  '/d/a': file,
  '/d/.hidden': file,
  '/d/a*': file,
  '/d/sub': folder,
  '/d/sub/x\ny': file,
  '/d/tofolder': link,
  '/d/tofile': link,
  '/d/strange': { type: 'unknown' },
});

async function found(pattern: string, options?: GlobOptions): Promise<string[]> {
  return (await glob(pattern, some, options)).map(({ path }) => path);
}

test('glob gives what exists and fits, sorted, hidden names only to patterns that begin with a dot', async () => {
  assert.deepEqual(await found('/d/a'), ['/d/a']);
  assert.deepEqual(await found('/d/*'), ['/d/a', '/d/a*', '/d/b', '/d/strange', '/d/sub', '/d/tofile', '/d/tofolder']);
  assert.deepEqual(await found('/d/.h*'), ['/d/.hidden']);
  assert.deepEqual(await found('/d/a\\*'), ['/d/a*']);
  assert.deepEqual(await found('/*/s*/x?y'), ['/d/sub/x\ny']);
  assert.deepEqual(await found('/d/nope*'), []);
  assert.deepEqual(await found('/nope'), []);
  assert.deepEqual(await found('/d/[bz]', { isUnsorted: true }), ['/d/b']);
  assert.deepEqual(await found('/d/?', { isUnsorted: true }), ['/d/b', '/d/a']);
});

test('folders and links to folders are marked, once', async () => {
  const options = { marksFolders: true };
  assert.deepEqual(await found('/d/[st]*', options), ['/d/strange', '/d/sub/', '/d/tofile', '/d/tofolder/']);
  assert.deepEqual(await found('/d/', options), ['/d/']);
  assert.deepEqual(await found('/d', options), ['/d/']);
});

test('a marked link has the status of what it leads to, or its own when that is missing', async () => {
  const dangling: Readonly<Record<string, GlobStatus>> = { '/d/lost': link, '/d/tofolder': link };
  const statuses = await glob('/d/*', new MemoryFiles(dangling), { marksFolders: true });
  assert.deepEqual(statuses, [
    { path: '/d/lost', status: link },
    { path: '/d/tofolder/', status: folder },
  ]);
  const own = await glob('/d/tofolder', new MemoryFiles(dangling));
  assert.deepEqual(own, [{ path: '/d/tofolder', status: link }]);
});

test('a set is negated by an exclamation mark only', async () => {
  assert.deepEqual(await found('/d/[^a]'), ['/d/a']);
  assert.deepEqual(await found('/d/[!a]'), ['/d/b']);
});

test('braces are several patterns only where they are wanted', async () => {
  assert.deepEqual(await found('/d/{b,a}', { expandsBraces: true }), ['/d/b', '/d/a']);
  assert.deepEqual(await found('/d/{b,a}'), []);
  assert.deepEqual(expandBraces('a{b,{c,d}e}f'), ['abf', 'acef', 'adef']);
  assert.deepEqual(expandBraces('{}{a,b}'), ['{}a', '{}b']);
  assert.deepEqual(expandBraces('a{b'), ['a{b']);
  assert.deepEqual(expandBraces('\\{a,b}'), ['\\{a,b}']);
  assert.throws(() => expandBraces('{a,b}'.repeat(20)), TooManyMatches);
});

test('what a folder tells of its files is not asked again', async () => {
  some.inspected.length = 0;
  await found('/d/*');
  assert.deepEqual(some.inspected, ['/d/strange']);
});

test('an interrupt ends the search with what was found', async () => {
  assert.deepEqual(await found('/d/*', { signal: AbortSignal.abort() }), []);
});
