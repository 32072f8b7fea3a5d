import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeGlob, patternAsPath, splitWords, withoutGlobEscapes } from './split-line.ts';

function words(line: string): readonly string[] | string {
  const split = splitWords(line);
  return 'problem' in split ? split.problem : split.words;
}

test('blanks divide words, quotes and backslashes keep them together', () => {
  const expected: readonly (readonly [string, readonly string[]])[] = [
    ['', []],
    ['  get \t a  b\r\n', ['get', 'a', 'b']],
    ['\'a b\'"c d"e', ['a bc de']],
    ['a\\ b', ['a b']],
    ["'it''s'", ['its']],
    ['"say \\"hi\\""', ['say "hi"']],
    ["'don\\'t'", ["don't"]],
    ['"a\'b"', ["a'b"]],
    ['""', ['']],
    ['a\\nb', ['anb']],
    ['"a\\nb"', ['a\\nb']],
    ['a\\', ['a']],
    ['a#b', ['a']],
    ['"a#b" # c', ['a#b']],
    ['\\#', ['#']],
  ];
  for (const [line, wanted] of expected) assert.deepEqual(words(line), wanted, line);
});

test('a wildcard that was quoted or escaped keeps a backslash for glob, a plain one does not', () => {
  const expected: readonly (readonly [string, string])[] = [
    ['a*', 'a*'],
    ['a\\*', 'a\\*'],
    ["'a*[b]?'", 'a\\*\\[b]\\?'],
    ['"a*"', 'a\\*'],
    ['a\\\\b', 'a\\\\b'],
    ["'a\\\\b'", 'a\\\\b'],
    ["'a\\*'", 'a\\\\\\*'],
  ];
  for (const [line, wanted] of expected) assert.deepEqual(words(line), [wanted], line);
});

test('what is for no glob loses those backslashes again', () => {
  assert.equal(withoutGlobEscapes('a\\*\\[b]\\?\\\\c\\d\\'), 'a*[b]?\\c\\d\\');
  assert.equal(withoutGlobEscapes(escapeGlob('a*[b]?\\c')), 'a*[b]?\\c');
  assert.equal(patternAsPath('a\\*\\[b\\d\\\\'), 'a*[bd\\');
});

test('an open quote, a line without end and words without number are refused', () => {
  assert.equal(words('get "a'), 'Unterminated quoted argument');
  assert.equal(words("get 'a\\'"), 'Unterminated quoted argument');
  assert.equal(words('a'.repeat(8192)), 'string too long');
  assert.equal(words('a '.repeat(129)), 'Too many arguments.');
  assert.equal(words('a '.repeat(128)).length, 128);
});

test('a line that is being typed may have an open quote and an open word', () => {
  assert.deepEqual(splitWords('get "a b', true), { words: ['get', 'a b'], openQuote: '"', isWordOpen: true });
  assert.deepEqual(splitWords('get ', true), { words: ['get'], openQuote: '', isWordOpen: false });
  assert.deepEqual(splitWords('get a\\ ', true), { words: ['get', 'a '], openQuote: '', isWordOpen: true });
});
