import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseName, isSafeName, joinPath, pathBytes } from './names.ts';

test('only names that stay in their folder are safe, whatever their bytes are', () => {
  for (const name of ['a', '...', '.hidden', '..a', 'a..', ' ', '-rf', 'a\\b', '\u001b[2J']) {
    assert.equal(isSafeName(pathBytes(name)), true, name);
  }
  assert.equal(isSafeName(Uint8Array.of(0xff, 0x2e)), true);
  for (const name of ['', '.', '..', '/', 'a/b', '/etc', '../a', 'a/..', 'a\0', '..\0']) {
    assert.equal(isSafeName(pathBytes(name)), false, JSON.stringify(name));
  }
});

test('paths are joined at one slash, and the last name is what stands before slashes at the end', () => {
  const joined = (folder: string, name: string): Uint8Array => joinPath(pathBytes(folder), pathBytes(name));
  assert.deepEqual(joined('', 'a'), pathBytes('a'));
  assert.deepEqual(joined('/', 'a'), pathBytes('/a'));
  assert.deepEqual(joined('b', 'a'), pathBytes('b/a'));
  for (const [path, name] of [
    ['/a/b', 'b'],
    ['b//', 'b'],
    ['/', ''],
    ['a/..', '..'],
  ] as const) {
    assert.deepEqual(baseName(pathBytes(path)), pathBytes(name), path);
  }
});
