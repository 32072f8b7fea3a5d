import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quoteWord } from './kinds.ts';
import { splitLine, splitWords, Words } from './words.ts';

test('a line is split into keyword and words at blanks and at one equals sign', () => {
  for (const [line, keyword, words] of [
    ['Port 22', 'Port', ['22']],
    ['\tPort = 22  \r', 'Port', ['22']],
    ['Port=22', 'Port', ['22']],
    ['Port==22', 'Port', ['=22']],
    ['"Port" 22 # why', 'Port', ['22']],
    [`SetEnv 'A=b c' D=\\"e\\ f`, 'SetEnv', ['A=b c', 'D="e f']],
    ['User a#b', 'User', ['a#b']],
  ] as const) {
    const split = splitLine(line);
    assert.equal(split?.keyword, keyword, line);
    assert.deepEqual(split.words, words, line);
  }
  for (const line of ['', '   \t', '# Port 22', '  #']) assert.equal(splitLine(line), undefined);
});

test('a quote that is not closed is told from words, and the rest of a line stays as written', () => {
  assert.equal(splitWords('a "b'), undefined);
  assert.equal(splitLine('ProxyCommand echo "')?.words, 'unbalanced');
  assert.equal(splitLine('ProxyCommand  a  "b"  # c')?.rest, 'a  "b"  # c');
});

test('words are taken one after the other, or as the rest', () => {
  const words = new Words({ keyword: 'k', words: ['a', 'b'], rest: 'a b' });
  assert.equal(words.next(), 'a');
  assert.equal(words.peek(), 'b');
  assert.deepEqual(words.takeAll(), ['b']);
  assert.equal(words.next(), undefined);
  assert.equal(words.remaining, 0);
  assert.equal(words.takeRest(), 'a b');
});

test('a word in quotes is read as the same word', () => {
  const word = fc.string({ minLength: 1 }).filter((text) => !/[\r\n\f\v\0]|\s$/.test(text));
  fc.assert(
    fc.property(word, (text) => {
      assert.deepEqual(splitWords(quoteWord(text)), [text]);
    }),
    { seed: 1, numRuns: 500 },
  );
});
