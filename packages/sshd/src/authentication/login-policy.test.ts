import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusedAccount, rootMay } from './login-policy.ts';

const account = { name: 'alice', uid: 1000, gid: 1000, home: '/home/alice', shell: '/bin/sh' };

test('an account that is locked or has no usable shell may not log in', () => {
  assert.equal(refusedAccount(account, { locked: false, shell: 'executable' }), undefined);
  assert.match(refusedAccount(account, { locked: true, shell: 'executable' })?.text ?? '', /account is locked$/);
  assert.match(
    refusedAccount(account, { locked: false, shell: 'missing' })?.text ?? '',
    /shell \/bin\/sh does not exist$/,
  );
  assert.match(refusedAccount(account, { locked: false, shell: 'not-executable' })?.text ?? '', /is not executable$/);
});

test('PermitRootLogin allows root by method and forced command as listed', () => {
  const cases = [
    ['yes', 'password', false, true],
    ['no', 'publickey', true, false],
    ['prohibit-password', 'password', false, false],
    ['prohibit-password', 'publickey', false, true],
    ['forced-commands-only', 'publickey', false, false],
    ['forced-commands-only', 'publickey', true, true],
    ['forced-commands-only', 'password', true, false],
  ] as const;
  for (const [setting, method, forcedCommand, allowed] of cases) {
    assert.equal(rootMay(setting, 0, { method, forcedCommand }), allowed, `${setting} ${method}`);
    assert.equal(rootMay(setting, 1000, { method, forcedCommand }), true);
  }
});
