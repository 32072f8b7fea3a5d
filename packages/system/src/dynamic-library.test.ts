import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DynamicLibrary } from './dynamic-library.ts';
import { cString } from './memory.ts';

test('a library that is named by its path has the functions that it has, and no others', () => {
  const library = new DynamicLibrary('libc.so.6');
  const length = library.find('strlen', { result: 'size', arguments: ['pointer'] });
  assert.equal(length?.(cString('seven77')), 7);
  assert.equal(library.find('no_such_function', { result: 'int', arguments: [] }), undefined);
});

test('a library that is not there, and a file that is none, are told apart from one that is', () => {
  assert.throws(() => new DynamicLibrary('/nonexistent/libnone.so'), /libnone\.so/);
  assert.throws(() => new DynamicLibrary('/etc/passwd'), /passwd/);
});
