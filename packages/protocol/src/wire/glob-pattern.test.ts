import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGlobPattern } from './glob-pattern.ts';

const fits = (name: string, pattern: string): boolean => parseGlobPattern(pattern).matches(name);

test('Wildcards, sets and escapes match as glob(7) says', () => {
  const expected: readonly (readonly [string, string, boolean])[] = [
    ['abc', '*', true],
    ['', '*', true],
    ['abc', 'a?c', true],
    ['abc', 'a?', false],
    ['abc', 'a*c*', true],
    ['a]c', 'a[]]c', true],
    ['a-c', 'a[b-]c', true],
    ['abc', 'a[a-c]c', true],
    ['abc', 'a[!a-c]c', false],
    ['adc', 'a[^a-c]c', true],
    ['a1c', 'a[[:digit:]]c', true],
    ['axc', 'a[[:digit:]x]c', true],
    ['ayc', 'a[![:alpha:]]c', false],
    ['a[b', 'a[b', true],
    ['ab', 'a[b', false],
    ['a*b', 'a\\*b', true],
    ['axb', 'a\\*b', false],
    ['a\\', 'a\\', true],
    ['a]c', 'a[\\]]c', true],
    ['\xe9', '?', true],
    ['a\nb', 'a?b', true],
  ];
  for (const [name, pattern, fit] of expected) assert.equal(fits(name, pattern), fit, `${name} ${pattern}`);
});

test('A caret at the beginning of a set is one of its characters where only ! negates, as glob(3) of the BSDs', () => {
  const bsd = (name: string, pattern: string): boolean => parseGlobPattern(pattern, { negation: '!' }).matches(name);
  assert.deepEqual([bsd('a', '[^a]'), bsd('^', '[^a]'), bsd('b', '[^a]')], [true, true, false]);
  assert.deepEqual([bsd('a', '[!a]'), bsd('b', '[!a]'), bsd('[', '[')], [false, true, true]);
});

test('A pattern without wildcards is a literal name', () => {
  const plain = parseGlobPattern('a\\*\\[b');
  assert.equal(plain.hasWildcards, false);
  assert.equal(plain.literal, 'a*[b');
  assert.equal(parseGlobPattern('a[b]').hasWildcards, true);
});

test('Many stars take no exponential time', () => {
  assert.equal(fits('a'.repeat(2_000), `${'*a'.repeat(1_000)}*b`), false);
});
