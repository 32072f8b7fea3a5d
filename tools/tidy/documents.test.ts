import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { checkDocuments, checkLinks } from './documents.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('a link to a file that does not exist is found, one to a file, a heading or the web is not', () => {
  const text = 'See [a](../README.md), [b](#here), [c](https://example.org/x)\nand [d](no-such.md#part).';
  assert.deepEqual(checkLinks(root, 'docs/x.md', text), [
    { path: 'docs/x.md', line: 2, rule: 'links', message: 'there is no no-such.md' },
  ]);
});

test('the documents of this repository have no finding', () => {
  assert.deepEqual(checkDocuments(root), []);
});
