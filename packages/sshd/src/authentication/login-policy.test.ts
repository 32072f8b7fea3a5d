import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExpired, refusedAccount, rootMay } from './login-policy.ts';

const account = { name: 'alice', uid: 1000, gid: 1000, home: '/home/alice', shell: '/bin/sh' };

test('an account that is locked, expired or has no usable shell may not log in', () => {
  const usable = { locked: false, expired: false, shell: 'executable' } as const;
  assert.equal(refusedAccount(account, usable), undefined);
  for (const [state, reason] of [
    [{ locked: true }, 'User alice not allowed because account is locked'],
    [{ expired: true }, 'Account alice has expired'],
    [{ shell: 'missing' }, 'User alice not allowed because shell /bin/sh does not exist'],
    [{ shell: 'not-executable' }, 'User alice not allowed because shell /bin/sh is not executable'],
  ] as const) {
    assert.deepEqual(refusedAccount(account, { ...usable, ...state }), { level: 'info', text: reason });
  }
});

test('an account expires after its day (shadow(5)), and never without one', () => {
  for (const [expiryDay, today, expired] of [
    [undefined, 20_000, false],
    [0, 20_000, false],
    [20_000, 20_000, false],
    [19_999, 20_000, true],
    [1, 20_000, true],
  ] as const) {
    assert.equal(isExpired({ expiryDay }, today), expired, String(expiryDay));
  }
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
