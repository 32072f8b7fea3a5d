import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatModuliLine, parseModuliLine } from './moduli.ts';

test('a line of moduli is read and written again (moduli(5))', () => {
  const line = '20220714110357 2 6 100 2047 5 E98F2A209BA9F4C8';
  const parsed = parseModuliLine(line);
  assert.deepEqual(parsed, {
    time: '20220714110357',
    type: 2,
    tests: 6,
    tries: 100,
    size: 2047,
    generator: 5,
    modulus: 0xe98f2a209ba9f4c8n,
  });
  assert.equal(parsed && formatModuliLine(parsed), line);
});

test('comments, damaged and endless lines are none', () => {
  const lines = [
    '',
    '# Time Type',
    '1 2 3 4 5 6',
    '1 2 3 4 5 6 xyz',
    '1 2 3 4 5 6 ab cd',
    `1 2 3 4 5 6 ${'f'.repeat(20_000)}`,
  ];
  for (const line of lines) assert.equal(parseModuliLine(line), undefined);
});
