import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { skipUnless, TemporaryFolder } from '@sallyport/testing';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { startSftpProcess } from '@sallyport/testing/sftp-process';
import { synchronousFiles } from '../node-files.ts';
import { SftpClient } from '../sftp-client.ts';
import type { TransferOptions } from './transfer-options.ts';

const stock = skipUnless('openssh-sftp-server');
const data = new SeededRandom(4).bytes(700_000);

async function withGroup(
  options: TransferOptions,
  run: (group: ReturnType<SftpClient['group']>, folder: TemporaryFolder) => Promise<void>,
): Promise<void> {
  await using folder = await TemporaryFolder.create();
  await using server = startSftpProcess(folder.path);
  await using client = await SftpClient.over(server.stream, { timeoutMs: 10_000 });
  await run(client.group({ localFiles: synchronousFiles(), ...options }), folder);
}

test('files of a group share its hooks, and a file may be sent and fetched at the same time', stock, async () => {
  const ended: string[] = [];
  const hooks = {
    fileEnded: ({ remotePath }: { remotePath: Uint8Array }) => ended.push(Buffer.from(remotePath).toString()),
  };
  await withGroup({ hooks }, async (group, folder) => {
    await folder.write('a', data);
    await folder.write('b', data.subarray(1));
    await Promise.all([group.uploadFile(folder.file('a'), 'up'), group.downloadFile('b', folder.file('down'))]);
    assert.deepEqual(readFileSync(folder.file('up')), Buffer.from(data));
    assert.deepEqual(readFileSync(folder.file('down')), Buffer.from(data.subarray(1)));
    assert.deepEqual(ended.sort(), ['b', 'up']);
  });
});

test('a copy in place onto itself loses nothing, in either direction', stock, async () => {
  await withGroup({ inPlace: true }, async (group, folder) => {
    await folder.write('same', data);
    await group.uploadFile(folder.file('same'), 'same');
    assert.deepEqual(readFileSync(folder.file('same')), Buffer.from(data));
    await group.downloadFile('same', folder.file('same'));
    assert.deepEqual(readFileSync(folder.file('same')), Buffer.from(data));
  });
});

test('a copy in place cuts what was longer, and an empty one empties it', stock, async () => {
  await withGroup({ inPlace: true }, async (group, folder) => {
    await folder.write('short', data.subarray(0, 1000));
    await folder.write('empty', '');
    for (const [source, size] of [
      ['short', 1000],
      ['empty', 0],
    ] as const) {
      await folder.write('long-there', data);
      await folder.write('long-here', data);
      await group.uploadFile(folder.file(source), 'long-there');
      await group.downloadFile(source, folder.file('long-here'));
      assert.deepEqual(
        [statSync(folder.file('long-there')).size, statSync(folder.file('long-here')).size],
        [size, size],
      );
    }
  });
});

test('trees of a group go into folders that are new and into folders that are there', stock, async () => {
  await withGroup({ inPlace: true }, async (group, folder) => {
    mkdirSync(folder.file('tree/sub'), { recursive: true });
    writeFileSync(folder.file('tree/sub/x'), 'new');
    assert.deepEqual(await group.uploadTree(folder.file('tree'), 'copy'), []);
    writeFileSync(folder.file('copy/sub/x'), 'much longer than before');
    assert.deepEqual(await group.uploadTree(folder.file('tree'), 'copy'), []);
    assert.equal(readFileSync(folder.file('copy/sub/x'), 'utf8'), 'new');
    assert.deepEqual(await group.downloadTree('copy', folder.file('back')), []);
    assert.equal(readFileSync(folder.file('back/sub/x'), 'utf8'), 'new');
  });
});
