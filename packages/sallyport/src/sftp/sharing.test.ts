// How SFTP shares what it runs over: one write for everything of a turn, in both roles, and a connection on which a
// transfer keeps no command from its turn.

import assert from 'node:assert/strict';
import { truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { startTestServer, testCommands } from '@sallyport/testing/test-server';
import { connect } from '../client/connect.ts';
import type { ByteStream } from '../driver/byte-stream.ts';
import { memoryStreams } from '../driver/memory-stream.ts';
import type { SessionHandler } from '../server/server-options.ts';
import { localFileSystem } from '../sftp-server/local-file-system.ts';
import { serveSftp } from '../sftp-server/serve-sftp.ts';
import { sftpServer } from '../sftp-server/sftp-server.ts';
import { SftpClient } from './sftp-client.ts';

/** Counts the writes of a stream. */
function countWrites(stream: ByteStream): () => number {
  let count = 0;
  const write = stream.write.bind(stream);
  stream.write = (chunks) => {
    count++;
    return write(chunks);
  };
  return () => count;
}

test('requests of one turn leave in one write, and so do their answers', async () => {
  await using folder = await TemporaryFolder.create();
  await folder.write('f', 'text');
  // One that answers at once; what goes by the pool of threads comes back in turns of its own.
  const files = localFileSystem({ root: folder.path, blocking: true });
  const [ours, theirs] = memoryStreams();
  const [asked, answered] = [countWrites(theirs), countWrites(ours)];
  const done = serveSftp(ours, files, { blocking: true });
  {
    await using client = await SftpClient.over(theirs);
    await client.stat('f');
    const before = [asked(), answered()];
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => client.exists(i % 2 === 0 ? 'f' : 'none')));
    assert.equal(all.filter(Boolean).length, 50);
    assert.deepEqual([asked(), answered()], [(before[0] ?? 0) + 1, (before[1] ?? 0) + 1]);
  }
  await done;
  files.close();
});

const sizeBytes = 64 * 1024 * 1024;

for (const direction of ['download', 'upload'] as const) {
  test(`commands of a connection have their turns beside a ${direction}`, async () => {
    await using folder = await TemporaryFolder.create();
    writeFileSync(folder.file('given'), '');
    truncateSync(folder.file('given'), sizeBytes);
    const files = localFileSystem({ root: folder.path });
    const serve = sftpServer(files);
    const session: SessionHandler = (one) => (one.program.kind === 'subsystem' ? serve(one) : testCommands(one));
    await using server = await startTestServer({ session });
    await using client = await connect(server.target);
    await using remote = await client.sftp();
    let moved = 0;
    const options = { onProgress: ({ bytes }: { readonly bytes: number }) => void (moved = bytes) };
    let isOver = false;
    const transfer = (
      direction === 'download'
        ? remote.downloadFile('given', folder.file('copy'), options)
        : remote.uploadFile(folder.file('given'), 'copy', options)
    ).finally(() => {
      isOver = true;
    });
    let turns = 0;
    for (; turns < 10; turns++) {
      assert.equal((await client.run('say here')).stdout, 'here\n');
      if (isOver) break;
    }
    assert.ok(turns >= 5, `${turns} commands in the time of ${moved} bytes`);
    assert.equal((await transfer).bytes, sizeBytes);
    files.close();
  });
}
