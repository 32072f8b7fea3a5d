import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { glob } from './glob.ts';

test('glob gives the existing names that fit, sorted, hidden ones only when asked for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-glob-'));
  try {
    mkdirSync(join(folder, 'sub'));
    for (const name of ['b.conf', 'a.conf', '.c.conf', 'x1', 'x2', 'x3', 'sub/d.conf', 'w*w'])
      writeFileSync(join(folder, name), '');
    const names = (pattern: string): string[] =>
      glob(`${folder}/${pattern}`).map((path) => path.slice(folder.length + 1));
    assert.deepEqual(names('*.conf'), ['a.conf', 'b.conf']);
    assert.deepEqual(names('.*.conf'), ['.c.conf']);
    assert.deepEqual(names('*/*.conf'), ['sub/d.conf']);
    assert.deepEqual(names('x[12]'), ['x1', 'x2']);
    assert.deepEqual(names('x[!1-2]'), ['x3']);
    assert.deepEqual(names('x?'), ['x1', 'x2', 'x3']);
    assert.deepEqual(names('a.conf'), ['a.conf']);
    assert.deepEqual(names('w\\*w'), ['w*w']);
    assert.deepEqual(names('missing*'), []);
    assert.deepEqual(names('a.conf/*'), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
