import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { ownAccount } from '@sallyport/testing';
import { skipUnless } from '@sallyport/testing/peers';
import { startSftpProcess } from '@sallyport/testing/sftp-process';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { SftpClient } from 'sallyport/sftp/sftp-client';
import { bytesOf } from '../../shared/byte-string.ts';
import { findRemote, isRemoteFolder, serverPath } from './remote-path.ts';

const stock = skipUnless('openssh-sftp-server');

async function withServer(run: (client: SftpClient, folder: TemporaryFolder) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.create();
  await using server = startSftpProcess(folder.path);
  await using client = await SftpClient.over(server.stream, { timeoutMs: 10_000 });
  await run(client, folder);
}

test('a tilde is the home, where a session begins, and that of another user is asked for', stock, async () => {
  await withServer(async (client) => {
    assert.equal(await serverPath(client, ''), '.');
    assert.equal(await serverPath(client, '~'), '.');
    assert.equal(await serverPath(client, '~///'), '.');
    assert.equal(await serverPath(client, '~//a/b'), 'a/b');
    assert.equal(await serverPath(client, 'a~'), 'a~');
    const { name, home } = ownAccount();
    assert.equal(await serverPath(client, `~${name}/x`), `${home}/x`);
    await assert.rejects(serverPath(client, '~no-such-user/x'));
  });
});

test('patterns give what fits, and a file whose name looks like one is found by its name', stock, async () => {
  await withServer(async (client, folder) => {
    const find = async (path: string): Promise<string[]> => (await findRemote(client, path)).map((match) => match.path);
    for (const name of ['a1', 'a2', '.a3', 'x[12]', 'w*w', 'b\\c']) writeFileSync(folder.file(name), '');
    mkdirSync(folder.file('dir'));
    writeFileSync(bytesOf(`${folder.path}/dir/n\xff`), '');
    assert.deepEqual(await find('a?'), ['a1', 'a2']);
    assert.deepEqual(await find('*/*'), ['dir/n\xff']);
    assert.deepEqual(await find('x[12]'), ['x[12]']);
    assert.deepEqual(await find('w\\*w'), ['w*w']);
    assert.deepEqual(await find('b\\c'), ['b\\c']);
    assert.deepEqual(await find('missing*'), []);
    assert.deepEqual(await find('missing'), []);
    assert.equal(await isRemoteFolder(client, 'dir'), true);
    assert.equal(await isRemoteFolder(client, 'a1'), false);
    assert.equal(await isRemoteFolder(client, 'missing'), false);
  });
});
