import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { changeWorkingFolder, workingFolder } from './working-folder.ts';

test('a folder with a name that is no text becomes the working folder, and relative paths are of it', () => {
  const before = workingFolder();
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-folder-'));
  const inner = Buffer.concat([Buffer.from(folder), Buffer.from('/x\xff', 'latin1')]);
  try {
    mkdirSync(inner);
    changeWorkingFolder(inner);
    assert.deepEqual(Buffer.from(workingFolder()), inner);
    writeFileSync('file', '');
    assert.deepEqual(readdirSync(inner), ['file']);
    changeWorkingFolder(Buffer.from('..'));
    assert.equal(Buffer.from(workingFolder()).toString(), folder);
    assert.throws(() => changeWorkingFolder(Buffer.from('missing')), { code: 'ENOENT' });
    assert.throws(() => changeWorkingFolder(Buffer.from('a\0b')), { code: 'EINVAL' });
  } finally {
    changeWorkingFolder(before);
    rmSync(folder, { recursive: true });
  }
});
