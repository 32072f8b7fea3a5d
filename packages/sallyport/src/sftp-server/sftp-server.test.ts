import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openSftp } from '@sallyport/testing/sftp-driver';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { startTestServer } from '@sallyport/testing/test-server';
import { connect } from '../client/connect.ts';
import { localFileSystem } from './local-file-system.ts';
import { sftpServer } from './sftp-server.ts';

test('the subsystem sftp of createServer() serves a folder, and a session for each client', async () => {
  await using folder = await TemporaryFolder.create();
  const served = localFileSystem({ root: folder.path });
  const lines: string[] = [];
  const log = ({ text }: { readonly text: string }): void => void lines.push(text);
  const handler = sftpServer(() => served, { log });
  await using server = await startTestServer({ session: handler });
  const client = await connect(server.target);
  const one = await openSftp(client);
  const other = await openSftp(client);
  const open = { path: Buffer.from('up'), flags: 26, attributes: {} };
  const handle = await one.handle(one.request('open', open));
  const data = Buffer.alloc(3_000_000, 'through a channel ');
  const replies = [];
  for (let at = 0; at < data.length; at += 100_000)
    replies.push(one.write(handle, BigInt(at), data.subarray(at, at + 100_000)));
  for (const reply of replies) assert.equal(await one.code(reply), 0);
  assert.deepEqual(readFileSync(folder.file('up')), data);
  assert.equal(await other.code(other.request('close', { handle })), 4, 'a handle of another session');
  const read = await one.handle(other.request('open', { ...open, flags: 1 }));
  const parts = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      other.request('read', { handle: read, offset: BigInt(i * 100_000), length: 100_000 }),
    ),
  );
  const bytes = parts.map((part) => (part.kind === 'data' ? part.data : new Uint8Array(0)));
  assert.deepEqual(Buffer.concat(bytes), data);
  one.stream.end();
  other.stream.end();
  await Promise.all([one.ended, other.ended]);
  assert.equal(lines.filter((line) => line === 'session opened for local user somebody from [127.0.0.1]').length, 2);
  await client.end();
  served.close();
});

test('anything but the subsystem sftp is refused by its exit status', async () => {
  await using folder = await TemporaryFolder.create();
  const served = localFileSystem({ root: folder.path });
  await using server = await startTestServer({ session: sftpServer(served) });
  const client = await connect(server.target);
  assert.equal((await client.run('id')).exit.code, 1);
  await client.end();
  served.close();
});
