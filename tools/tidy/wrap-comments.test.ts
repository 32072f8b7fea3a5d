// Breaking long comment lines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wrapComments } from './wrap-comments.ts';

test('wrapComments moves what does not fit to the next line of the same comment', () => {
  assert.equal(
    wrapComments('// one two three\n// four\nconst x = 1;\n', 12),
    '// one two\n// three\n// four\nconst x = 1;\n',
  );
  assert.equal(wrapComments('// one two three\n// four\n', 14), '// one two\n// three four\n');
});

test('wrapComments opens a documentation comment that stands on one line', () => {
  assert.equal(wrapComments('  /** one two three */\n', 16), '  /**\n   * one two\n   * three\n   */\n');
});

test('wrapComments leaves code, short lines, lists and words without a space alone', () => {
  const text = "const text = 'one two three four';\n// aaaaaaaaaaaaaaaaaaaaaaaa\n// short\n";
  assert.equal(wrapComments(text, 12), text);
  assert.equal(wrapComments('// one two three\n// - item\n', 12), '// one two\n// three\n// - item\n');
});
