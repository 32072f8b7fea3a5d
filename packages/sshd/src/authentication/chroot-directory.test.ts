import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing';
import { accountIdentity } from './account-identity.ts';
import { chrootDirectory } from './chroot-directory.ts';

const account = { name: 'sys', uid: 3, gid: 3, home: '/usr/lib', shell: '/bin/sh' };
const found = (setting: string): unknown => chrootDirectory(setting, account);
const refused = (setting: string): string => {
  const result = chrootDirectory(setting, account);
  return result !== undefined && 'text' in result ? result.text : `accepted ${setting}`;
};

test('ChrootDirectory may be a folder of root’s, with tokens', () => {
  assert.equal(found('none'), undefined);
  assert.equal(found('NONE'), undefined);
  assert.deepEqual(found('/usr/lib'), { path: '/usr/lib' });
  assert.deepEqual(found('%h'), { path: '/usr/lib' });
  assert.deepEqual(found('~'), { path: '/usr/lib/' });
  assert.match(refused('/usr/%u/%U'), /stat\("\/usr\/sys\/"\)/);
  assert.deepEqual(found('/'), { path: '/' });
});

test('a component that others can write to, that is missing or no folder refuses the login in OpenSSH’s words', async () => {
  await using folder = await TemporaryFolder.create();
  const bad = 'bad ownership or modes for chroot directory';
  assert.equal(refused(folder.path), `${bad} component "/tmp/"`);
  assert.equal(refused('/tmp'), `${bad} "/tmp"`);
  assert.equal(refused('usr/lib'), 'chroot path does not begin at root');
  assert.equal(refused('/etc/passwd'), 'chroot path "/etc/passwd" is not a directory');
  assert.equal(refused('/etc/passwd/x'), 'safely_chroot: stat("/etc/passwd/"): Not a directory');
  assert.equal(refused('/usr/nowhere/%u'), 'safely_chroot: stat("/usr/nowhere/"): No such file or directory');
  assert.equal(refused('/usr/%x'), 'unknown key %x');
});

test('an account becomes itself with its groups; a root needs a privileged sshd', () => {
  assert.deepEqual(accountIdentity(account, { ChrootDirectory: 'none' }), { name: 'sys', uid: 3, gid: 3, groups: [3] });
  const rooted = accountIdentity(account, { ChrootDirectory: '/usr' });
  if (process.getuid?.() === 0) assert.ok('chroot' in rooted && rooted.chroot === '/usr');
  else assert.ok('text' in rooted && rooted.text === 'server lacks privileges to chroot to ChrootDirectory');
});
