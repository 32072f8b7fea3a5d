import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAccount, ordinaryAccount, skipUnless } from '@sallyport/testing/peers';
import {
  accountById,
  accountByName,
  groupById,
  groupByName,
  groupsOf,
  hashPassword,
  shadowEntry,
  verifyPassword,
} from './accounts.ts';

test('The account of root has the fields of passwd(5)', () => {
  const root = accountByName('root');
  const expected = findAccount('root');
  assert.deepEqual(
    { name: root?.name, uid: root?.uid, gid: root?.gid, home: root?.home, shell: root?.shell },
    { ...expected },
  );
  assert.deepEqual(accountById(0), root);
});

test('A name or a uid that nobody has gives undefined, and so does a name with a zero byte', () => {
  assert.equal(accountByName('no-such-account-here'), undefined);
  assert.equal(accountById(3_999_999_999), undefined);
  assert.equal(accountByName('root\0x'), undefined);
  assert.equal(groupByName('no-such-group-here'), undefined);
  assert.equal(groupById(3_999_999_999), undefined);
  assert.equal(groupByName('root\0'), undefined);
});

test('Groups are found by name and by id', () => {
  assert.deepEqual(groupByName('root'), { name: 'root', gid: 0 });
  assert.deepEqual(groupById(0), { name: 'root', gid: 0 });
});

test('The groups of an account contain its own', () => {
  assert.ok(groupsOf('root', 0).includes(0));
  assert.ok(groupsOf('root', 12345).includes(12345));
});

test('crypt(3) knows yescrypt and SHA-512 hashes, and the right password matches', () => {
  const hash = '$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2/jctKu9YterLp8wwnSq.qc.eoxqOmSuNp2xS0ktL3nh/';
  assert.equal(verifyPassword('password', hash), true);
  assert.equal(verifyPassword('Password', hash), false);
  const yescrypt = hashPassword('secret', '$y$j9T$F5Jx5fExrKuPp53xLKQ..1$');
  assert.ok(yescrypt?.startsWith('$y$j9T$'));
  assert.equal(verifyPassword('secret', yescrypt ?? ''), true);
  assert.equal(verifyPassword('secret\0', yescrypt ?? ''), false);
});

test('A locked, empty or malformed hash matches no password', () => {
  for (const hash of ['', '!', '*', '!!', '*0', '*1', '!$6$saltsalt$x', '$nonsense$', 'x']) {
    for (const password of ['', '*', '*0', '*1', 'x']) assert.equal(verifyPassword(password, hash), false, hash);
  }
});

test('The shadow entry of a missing account is undefined for everybody', () => {
  assert.equal(shadowEntry('no-such-account-here'), undefined);
});

test('Root reads the shadow entry of an account', skipUnless('root', 'ordinary-account'), () => {
  const name = ordinaryAccount()?.name ?? '';
  const entry = shadowEntry(name);
  assert.equal(entry?.name, name);
  assert.ok((entry?.lastChangeDay ?? 0) > 10_000);
  assert.equal(entry?.expiryDay, undefined);
});
