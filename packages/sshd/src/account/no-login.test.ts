import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { noLoginText } from './no-login.ts';

test('nologin keeps everybody but root out and gives its text', async () => {
  await using folder = await TemporaryFolder.create();
  const file = await folder.write('nologin', 'Back at noon.\n', 0o644);
  assert.equal(Buffer.from(noLoginText(1000, file) ?? '').toString(), 'Back at noon.\n');
  assert.equal(noLoginText(0, file), undefined);
  assert.equal(noLoginText(1000, folder.file('none')), undefined);
});

test('nologin that is empty, huge or no file keeps everybody out, too', async () => {
  await using folder = await TemporaryFolder.create();
  assert.equal(noLoginText(1000, await folder.write('empty', ''))?.length, 0);
  assert.equal(noLoginText(1000, await folder.write('huge', 'x'.repeat(1 << 20)))?.length, 65536);
  fs.mkdirSync(folder.file('folder'));
  assert.equal(noLoginText(1000, folder.file('folder'))?.length, 0);
});
