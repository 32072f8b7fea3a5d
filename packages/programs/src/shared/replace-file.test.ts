import assert from 'node:assert/strict';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { test } from 'node:test';
import { mainArguments, runProgram, TemporaryFolder } from '@sallyport/testing';
import { ordinaryAccount, skipUnless } from '@sallyport/testing/peers';
import { reasonOf } from './failure-reason.ts';
import { replaceFile } from './replace-file.ts';
import { createUserSshFolder, userSshFolder } from './user-folder.ts';

test('a file is made with its mode and replaced as a whole', async () => {
  await using folder = await TemporaryFolder.create();
  const path = folder.file('file');
  replaceFile(path, 'one', { mode: 0o600 });
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const first = statSync(path).ino;
  replaceFile(path, Uint8Array.of(0x32), { mode: 0o600 });
  assert.equal(readFileSync(path, 'utf8'), '2');
  assert.notEqual(statSync(path).ino, first);
  assert.deepEqual(readdirSync(folder.path), ['file']);
});

test('a symbolic link is replaced and its target is left alone', async () => {
  await using folder = await TemporaryFolder.create();
  const target = await folder.write('target', 'untouched');
  for (const [name, to] of [
    ['link', target],
    ['dangling', folder.file('nowhere')],
  ] as const) {
    symlinkSync(to, folder.file(name));
    replaceFile(folder.file(name), 'new', { mode: 0o600 });
    assert.equal(lstatSync(folder.file(name)).isFile(), true);
  }
  assert.equal(readFileSync(target, 'utf8'), 'untouched');
  assert.deepEqual(readdirSync(folder.path).sort(), ['dangling', 'link', 'target']);
});

test('a failure leaves neither the file nor its unfinished form', async () => {
  await using folder = await TemporaryFolder.create();
  mkdirSync(folder.file('folder'));
  assert.throws(() => replaceFile(folder.file('folder'), 'x', { mode: 0o600 }), /EISDIR/);
  assert.throws(() => replaceFile(folder.file('missing/file'), 'x', { mode: 0o600 }), /ENOENT/);
  assert.deepEqual(readdirSync(folder.path), ['folder']);
});

test('root leaves a file with its owner', skipUnless('root', 'ordinary-account'), async () => {
  await using folder = await TemporaryFolder.create();
  const account = ordinaryAccount();
  assert.ok(account);
  const path = await folder.write('file', 'old');
  chownSync(path, account.uid, account.gid);
  replaceFile(path, 'new', { mode: 0o600 });
  assert.deepEqual([statSync(path).uid, statSync(path).gid], [account.uid, account.gid]);
});

test('/dev/stdout is written to, not replaced', async () => {
  const module = import.meta.resolve('@sallyport/programs/ssh-keygen/main');
  const ours = [process.execPath, ...mainArguments(module, ['-q', '-N', '', '-f', '/dev/stdout'])];
  const { stdout } = await runProgram('/bin/sh', ['-c', 'echo y | "$0" "$@" 2>&1 | cat', ...ours]);
  assert.match(stdout.toString(), /-----BEGIN OPENSSH PRIVATE KEY-----[^]*-----END OPENSSH PRIVATE KEY-----\n/);
  assert.match(stdout.toString(), /Unable to save public key to \/dev\/stdout.pub: /);
  assert.equal(lstatSync('/dev/stdout').isSymbolicLink(), true);
});

test('files below /dev/shm are files like any other', (t) => {
  const path = `/dev/shm/sallyport-test-${process.pid}`;
  if (!existsSync('/dev/shm')) return t.skip('there is no /dev/shm');
  try {
    replaceFile(path, 'contents', { mode: 0o600 });
    assert.equal(readFileSync(path, 'utf8'), 'contents');
  } finally {
    rmSync(path, { force: true });
  }
  return undefined;
});

test('the folder ~/.ssh is made for its owner alone, once, and only for files in it', async () => {
  await using home = await TemporaryFolder.create();
  const folder = userSshFolder(home.path);
  assert.deepEqual(createUserSshFolder(home.path, home.file('id')), { kind: 'unneeded' });
  assert.deepEqual(createUserSshFolder(home.path, `${folder}/id`), { kind: 'created', folder });
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.deepEqual(createUserSshFolder(home.path, `${folder}/id`), { kind: 'unneeded' });
  const nowhere = home.file('missing');
  const reason = 'No such file or directory';
  const failed = { kind: 'failed', folder: `${nowhere}/.ssh`, reason };
  assert.deepEqual(createUserSshFolder(nowhere, `${nowhere}/.ssh/id`), failed);
});

test('only errors of the system have a reason', () => {
  assert.equal(reasonOf(Object.assign(new Error('x'), { code: 'EACCES' })), 'Permission denied');
  assert.throws(() => reasonOf(new TypeError('ours')), TypeError);
});
