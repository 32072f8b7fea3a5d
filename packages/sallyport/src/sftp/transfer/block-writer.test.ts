import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { TemporaryFolder } from '@sallyport/testing';
import { ScriptedSftpServer } from '@sallyport/testing/scripted-sftp-server';
import { memoryStreams } from '../../driver/memory-stream.ts';
import type { LocalFiles } from '../local-files.ts';
import { synchronousFiles } from '../node-files.ts';
import { SftpClient } from '../sftp-client.ts';

const handle = Uint8Array.of(1);
const kibibyte = 1024;

/** Tells how much of every file is read. */
function countingFiles(onRead: (bytes: number) => void): LocalFiles {
  const files = synchronousFiles();
  return {
    ...files,
    open: async (path, options) => {
      const file = await files.open(path, options);
      return {
        read: (into, position) => {
          const count = file.read(into, position) as number;
          onRead(count);
          return count;
        },
        write: (data, position) => file.write(data, position),
        status: () => file.status(),
        truncate: (length) => file.truncate(length),
        setPermissions: (permissions) => file.setPermissions(permissions),
        setTimes: (accessTime, modificationTime) => file.setTimes(accessTime, modificationTime),
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
}

test('an upload reads a file no faster than its data leaves, and goes on when it does', async () => {
  await using folder = await TemporaryFolder.create();
  const data = randomBytes(3_000_000);
  writeFileSync(folder.file('f'), data);
  const arrived = Buffer.alloc(data.length);
  const [ours, theirs] = memoryStreams({ capacityBytes: 64 * kibibyte });
  let isStuck = true;
  new ScriptedSftpServer(theirs, (request, server) => {
    const { id } = request as { readonly id: number };
    if (request.name === 'open') server.reply('handle', { id, handle });
    else server.status(id, 0);
    if (request.name !== 'write') return;
    arrived.set(request.data, Number(request.offset));
    if (isStuck) theirs.pause();
  });
  const client = await SftpClient.over(ours, { timeoutMs: 30_000 });
  let readBytes = 0;
  const localFiles = countingFiles((bytes) => {
    readBytes += bytes;
  });
  const uploading = client.uploadFile(folder.file('f'), 'f', { localFiles });
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  assert.ok(readBytes > 0 && readBytes <= 512 * kibibyte, `${readBytes} bytes were read`);
  isStuck = false;
  theirs.resume();
  assert.equal((await uploading).bytes, data.length);
  assert.equal(readBytes, data.length);
  assert.deepEqual(arrived, data);
  await client.end();
});

test('an upload that waits for a server that takes nothing fails with the connection', async () => {
  await using folder = await TemporaryFolder.create();
  writeFileSync(folder.file('f'), randomBytes(3_000_000));
  const [ours, theirs] = memoryStreams({ capacityBytes: 64 * kibibyte });
  new ScriptedSftpServer(theirs, (request, server) => {
    const { id } = request as { readonly id: number };
    if (request.name === 'open') server.reply('handle', { id, handle });
    else theirs.pause();
  });
  const client = await SftpClient.over(ours, { timeoutMs: 30_000 });
  const uploading = client.uploadFile(folder.file('f'), 'f');
  const failed = assert.rejects(uploading, { code: 'connection-lost' });
  for (let turn = 0; turn < 50; turn++) await nextTurn();
  theirs.destroy();
  await failed;
});
