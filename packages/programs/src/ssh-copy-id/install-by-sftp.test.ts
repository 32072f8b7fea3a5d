import assert from 'node:assert/strict';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { test } from 'node:test';
import { skipUnless } from '@sallyport/testing/peers';
import { startSftpProcess } from '@sallyport/testing/sftp-process';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { SftpClient } from 'sallyport/sftp/sftp-client';
import { installBySftp } from './install-by-sftp.ts';

const stock = skipUnless('openssh-sftp-server');

async function withServer(run: (client: SftpClient, home: TemporaryFolder) => Promise<void>): Promise<void> {
  await using home = await TemporaryFolder.create();
  await using server = startSftpProcess(home.path);
  await using client = await SftpClient.over(server.stream, { timeoutMs: 10_000 });
  await run(client, home);
}

test('folder and file are made for the user alone', stock, async () => {
  await withServer(async (client, home) => {
    await installBySftp(client, '.ssh/authorized_keys', ['one', 'two']);
    assert.equal(readFileSync(home.file('.ssh/authorized_keys'), 'utf8'), 'one\ntwo\n');
    assert.equal(statSync(home.file('.ssh')).mode & 0o777, 0o700);
    assert.equal(statSync(home.file('.ssh/authorized_keys')).mode & 0o777, 0o600);
  });
});

test('lines, modes and a link are kept, and nothing is left beside the file', stock, async () => {
  await withServer(async (client, home) => {
    mkdirSync(home.file('.ssh'), { mode: 0o755 });
    writeFileSync(home.file('real'), '# mine\nold key');
    chmodSync(home.file('real'), 0o640);
    symlinkSync('../real', home.file('.ssh/authorized_keys'));
    await installBySftp(client, '.ssh/authorized_keys', ['new']);
    assert.equal(readFileSync(home.file('real'), 'utf8'), '# mine\nold key\nnew\n');
    assert.equal(statSync(home.file('real')).mode & 0o777, 0o640);
    assert.equal(statSync(home.file('.ssh')).mode & 0o777, 0o755);
    assert.ok(lstatSync(home.file('.ssh/authorized_keys')).isSymbolicLink());
    assert.deepEqual(readdirSync(home.path).sort(), ['.ssh', 'real']);
  });
});

test('a file that cannot be replaced is as it was', stock, async () => {
  await withServer(async (client, home) => {
    mkdirSync(home.file('keys'));
    await assert.rejects(installBySftp(client, 'keys', ['new']));
    assert.deepEqual(readdirSync(home.path), ['keys']);
  });
});
