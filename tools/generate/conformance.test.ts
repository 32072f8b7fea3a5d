// The table of citations.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSourceFile } from '../tidy/source-file.ts';
import { citationsIn, conformancePage } from './conformance.ts';

test('citationsIn finds every section that a text names, over the end of a line, too', () => {
  const found = (text: string): string[] => citationsIn(text).map(({ document, section }) => `${document}|${section}`);
  assert.deepEqual(found('see RFC 4253 section 7.1.'), ['RFC 4253|7.1']);
  assert.deepEqual(found('// RFC 4253\n// section 8'), ['RFC 4253|8']);
  assert.deepEqual(found('RFC 4253 sections 7, 8 and 9.1; RFC 8017 appendix A.1.2'), [
    'RFC 4253|7',
    'RFC 4253|8',
    'RFC 4253|9.1',
    'RFC 8017|appendix A.1.2',
  ]);
  assert.deepEqual(found('PROTOCOL section 1.9, PROTOCOL.key and RFC 5647'), [
    'PROTOCOL|1.9',
    'PROTOCOL.key|',
    'RFC 5647|',
  ]);
});

test('conformancePage lists code and tests by section, in the order of the numbers', () => {
  const page = conformancePage([
    parseSourceFile(
      'packages/a/src/b.ts',
      '// RFC 4253 section 7.10 and more of RFC 4253 section 7.2\nconst a = "RFC 1 section 1";',
    ),
    parseSourceFile('packages/a/src/b.test.ts', "test('it holds (RFC 4253 section 7.2)', () => {});"),
    parseSourceFile('tools/c.ts', '// RFC 9999 section 1'),
  ]);
  const rows = page.split('\n').filter((line) => line.startsWith('| 7'));
  assert.deepEqual(rows, [
    '| 7.2 | [b.ts](../packages/a/src/b.ts) | [b.test.ts](../packages/a/src/b.test.ts) |',
    '| 7.10 | [b.ts](../packages/a/src/b.ts) |  |',
  ]);
  assert.doesNotMatch(page, /RFC 9999|RFC 1 /);
});
