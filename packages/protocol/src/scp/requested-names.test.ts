import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8Encode } from '../wire/utf8.ts';
import { dependsOnShell, expandBraces, requestedNames } from './requested-names.ts';

test('Braces are expanded as a shell does, and what is no group stands for itself', () => {
  const expected: Readonly<Record<string, readonly string[]>> = {
    'a{b,c}d': ['abd', 'acd'],
    '{a,b}/{c,d}': ['a/c', 'a/d', 'b/c', 'b/d'],
    '{a,{b,c}x}': ['a', 'bx', 'cx'],
    'a{,b}': ['a', 'ab'],
    '{}': ['{}'],
    '{a}': ['{a}'],
    '{a{b,c}}': ['{ab}', '{ac}'],
    '{a,b': ['{a,b'],
    'a}b': ['a}b'],
    '\\{a,b}': ['\\{a,b}'],
    '': [''],
  };
  for (const [path, paths] of Object.entries(expected)) assert.deepEqual(expandBraces(path), paths, path);
});

test('Braces that stand for too many paths are refused instead of filling the memory', () => {
  assert.equal(expandBraces('{a,b}'.repeat(40)), undefined);
  assert.equal(requestedNames('{a,b}'.repeat(40)), undefined);
  assert.equal(expandBraces('{'.repeat(2_000))?.length, 1);
});

test('Only the last component counts, literally or as a pattern', () => {
  const fits = (path: string, name: string): boolean | undefined => requestedNames(path)?.(utf8Encode(name));
  assert.equal(fits('/x/a*', 'abc'), true);
  assert.equal(fits('/x/a*', 'x'), false);
  assert.equal(fits('/x/dir///', 'dir'), true);
  assert.equal(fits('x[12]', 'x[12]'), true);
  assert.equal(fits('x[12]', 'x2'), true);
  assert.equal(fits('a\\*', 'a*'), true);
  assert.equal(fits('a\\*', 'ab'), false);
  assert.equal(fits('{b/c,d}', 'c'), true);
  assert.equal(fits('{b/c,d}', 'b'), false);
});

test('A path that the shell over there turns into something else is known', () => {
  for (const path of ['~', '~user', '~/', '$HOME', '`x`', "'a'", 'a\\ b', '"a"'])
    assert.equal(dependsOnShell(path), true);
  for (const path of ['a', '~/a', 'a*', '{a,b}', '/~']) assert.equal(dependsOnShell(path), false, path);
});
