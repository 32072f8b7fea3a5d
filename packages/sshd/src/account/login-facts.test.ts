import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { LoginFacts } from './login-facts.ts';

test('the facts of a login are in a file of the account alone, and go with it', async () => {
  await using folder = await TemporaryFolder.create();
  const facts = new LoginFacts(['publickey ssh-ed25519 AAAA', 'password'], folder.path);
  assert.equal(fs.readFileSync(facts.path, 'utf8'), 'publickey ssh-ed25519 AAAA\npassword\n');
  assert.equal(fs.statSync(facts.path).mode & 0o777, 0o600);
  facts.remove();
  assert.deepEqual(fs.readdirSync(folder.path), []);
});

test('without room for it there is no file', () => {
  assert.throws(() => new LoginFacts([], '/nonexistent'));
});
