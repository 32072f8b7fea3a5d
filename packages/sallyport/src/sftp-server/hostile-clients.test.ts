// Clients that break the protocol, do not read, ask for too much, or disappear.

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { init, requestPackets } from '@sallyport/protocol/sftp/packets';
import { Writer } from '@sallyport/protocol/wire/writer';
import { openBelow } from '@sallyport/testing/open-descriptors';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { SftpDriver } from '@sallyport/testing/sftp-driver';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { until } from '@sallyport/testing/until';
import { memoryStreams } from '../driver/memory-stream.ts';
import { ProtocolError } from '../errors.ts';
import type { SftpFileSystem } from './file-system.ts';
import { localFileSystem } from './local-file-system.ts';
import { serveSftp } from './serve-sftp.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const framed = (packet: Uint8Array): Uint8Array => new Writer().string(packet).bytes();
const hello = framed(init.encode({ version: 3, extensions: [] }));

/** Sends bytes, and nothing else; resolves with what came back and how serving ended. */
async function send(served: SftpFileSystem, ...chunks: Uint8Array[]): Promise<{ replies: Buffer; error: unknown }> {
  const [ours, theirs] = memoryStreams();
  const replies: Uint8Array[] = [];
  theirs.onData = (chunk) => void replies.push(chunk);
  theirs.resume();
  const done = serveSftp(ours, served).then(
    () => undefined,
    (error: unknown) => error,
  );
  theirs.write(chunks);
  theirs.end();
  const error = await done;
  await new Promise((resolve) => setImmediate(resolve));
  return { replies: Buffer.concat(replies), error };
}

test('lengths, orders and packets that the protocol does not have end the session (security cases, SFTP)', async () => {
  await using folder = await TemporaryFolder.create();
  const served = localFileSystem({ root: folder.path });
  const badBytes: readonly (readonly [string, Uint8Array[]])[] = [
    ['length 0', [new Writer().uint32(0).bytes()]],
    ['length 1', [new Writer().uint32(1).byte(1).bytes()]],
    ['length 256 Ki + 1', [new Writer().uint32(256 * 1024 + 1).bytes()]],
    ['length 2^32 - 1', [new Writer().uint32(0xffffffff).bytes()]],
    ['a request before INIT', [framed(requestPackets.stat.encode({ id: 1, path: bytes('/') }))]],
    ['INIT twice', [hello, hello]],
    ['a handle of 257 bytes', [hello, framed(requestPackets.close.encode({ id: 1, handle: new Uint8Array(257) }))]],
    ['an empty handle', [hello, framed(requestPackets.close.encode({ id: 1, handle: new Uint8Array(0) }))]],
    [
      '2^32 - 1 extended attributes',
      [hello, framed(new Writer().byte(9).uint32(1).string('f').uint32(0x80000000).uint32(0xffffffff).bytes())],
    ],
    ['unknown flags of attributes', [hello, framed(new Writer().byte(9).uint32(1).string('f').uint32(0x40).bytes())]],
  ];
  for (const [what, chunks] of badBytes) {
    const { error } = await send(served, ...chunks);
    assert.ok(error instanceof ProtocolError, what);
  }
  served.close();
});

test('bytes behind the last field of a request are ignored, as OpenSSH ignores them', async () => {
  await using folder = await TemporaryFolder.create();
  const served = localFileSystem({ root: folder.path });
  const stat = requestPackets.stat.encode({ id: 7, path: bytes('/') });
  const { replies, error } = await send(served, hello, framed(Buffer.concat([stat, new Uint8Array(30_000)])));
  assert.equal(error, undefined);
  const hasAttributes = replies.includes(Buffer.of(105, 0, 0, 0, 7));
  assert.ok(hasAttributes);
  served.close();
});

test('versions other than 3 are answered with 3, unknown requests with `unsupported`', async () => {
  await using folder = await TemporaryFolder.create();
  const served = localFileSystem({ root: folder.path });
  for (const version of [0, 1, 2, 7, 0xffffffff]) {
    const unknown = [
      framed(new Writer().byte(99).uint32(5).string('what').bytes()),
      framed(requestPackets.extended.encode({ id: 6, extension: 'text-seek', fields: bytes('anything') })),
    ];
    const { replies, error } = await send(served, framed(init.encode({ version, extensions: [] })), ...unknown);
    assert.equal(error, undefined);
    assert.equal(replies.readUInt32BE(5), 3);
    const text = replies.toString('latin1');
    assert.equal(text.split('Operation unsupported').length - 1, 2);
  }
  served.close();
});

test('every request cut short or with a bit flipped is answered or ends the session, and nothing else happens', async () => {
  await using folder = await TemporaryFolder.create();
  const root = folder.file('root');
  fs.mkdirSync(root);
  await folder.write('witness', 'untouched');
  const served = localFileSystem({ root });
  const random = new SeededRandom(42);
  const path = bytes('/f');
  const handle = bytes('12345678');
  const attributes = { size: 5n, uid: 0, gid: 0, permissions: 0o644, accessTime: 1, modificationTime: 1 };
  const requests = [
    requestPackets.open.encode({ id: 1, path, flags: 27, attributes }),
    requestPackets.close.encode({ id: 1, handle }),
    requestPackets.read.encode({ id: 1, handle, offset: 0n, length: 100 }),
    requestPackets.write.encode({ id: 1, handle, offset: 0n, data: bytes('data') }),
    requestPackets.setstat.encode({ id: 1, path, attributes }),
    requestPackets.readdir.encode({ id: 1, handle }),
    requestPackets.rename.encode({ id: 1, from: path, to: bytes('/g') }),
    requestPackets.symlink.encode({ id: 1, target: bytes('../witness'), link: bytes('/l') }),
    requestPackets.extended.encode({ id: 1, extension: 'copy-data', fields: new Uint8Array(44) }),
    requestPackets.extended.encode({
      id: 1,
      extension: 'users-groups-by-id@openssh.com',
      fields: new Writer().string(new Uint8Array(8)).string(new Uint8Array(4)).bytes(),
    }),
  ];
  let ended = 0;
  for (const request of requests) {
    const spoiled = [];
    for (let length = 5; length < request.length; length++) spoiled.push(request.subarray(0, length));
    for (let i = 0; i < 80; i++) {
      const flipped = request.slice();
      const at = random.below(flipped.length);
      flipped[at] = (flipped[at] as number) ^ (1 << random.below(8));
      spoiled.push(flipped);
    }
    for (const packet of spoiled) {
      const { error } = await send(served, hello, framed(packet));
      assert.ok(error === undefined || error instanceof ProtocolError, String(error));
      if (error !== undefined) ended++;
    }
  }
  assert.ok(ended > 150, `${ended} ended`);
  assert.deepEqual(fs.readdirSync(folder.path).sort(), ['root', 'witness']);
  assert.equal(fs.readFileSync(folder.file('witness'), 'utf8'), 'untouched');
  served.close();
});

test('a client that asks for 10,000 large reads and reads nothing is not read any more', async () => {
  await using folder = await TemporaryFolder.create();
  await folder.write('file', Buffer.alloc(300_000));
  const served = localFileSystem({ root: folder.path });
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, served);
  const client = new SftpDriver(theirs);
  await client.ready;
  const open = { path: bytes('file'), flags: 1, attributes: {} };
  const handle = await client.handle(client.request('open', open));
  theirs.pause();
  let largest = 0;
  const before = process.memoryUsage().arrayBuffers;
  const asked = Array.from({ length: 10_000 }, () =>
    client.request('read', { handle, offset: 0n, length: 0xffffffff }),
  );
  for (const reply of asked) reply.catch(() => undefined);
  // The first answers may take a while on a busy machine; what comes behind them fills the queue at once.
  for (let turns = 0; turns < 300; turns += largest > 100_000 ? 1 : 0) {
    await new Promise((resolve) => setImmediate(resolve));
    largest = Math.max(largest, ours.bufferedBytes);
  }
  assert.ok(largest < 6 * 1024 * 1024, `${largest} bytes wait`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 40 * 1024 * 1024);
  theirs.destroy();
  await done;
  served.close();
});

test('what a client leaves open is closed when it disappears, also in the middle of a copy', async () => {
  await using folder = await TemporaryFolder.create();
  await folder.write('file', 'text');
  const served = localFileSystem({ root: folder.path });
  const before = openBelow(folder.path);
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, served);
  const client = new SftpDriver(theirs);
  await client.ready;
  const open = { path: bytes('file'), flags: 1, attributes: {} };
  const handles = await Promise.all(Array.from({ length: 1000 }, () => client.handle(client.request('open', open))));
  assert.equal(new Set(handles.map(String)).size, 1000);
  assert.equal(openBelow(folder.path), before + 1000);
  theirs.destroy();
  await done;
  await until(() => openBelow(folder.path) === before, 'every file is closed');
  served.close();
});

test('a copy without end stops when its client is gone', async () => {
  let writes = 0;
  const endless: SftpFileSystem = {
    open: (path) => ({
      read: async (room) => room.length,
      write: async () => {
        writes++;
        await new Promise((resolve) => setImmediate(resolve));
      },
      stat: () => ({ size: BigInt(path.length) }),
      close: () => undefined,
    }),
    openDirectory: () => ({ read: () => [], close: () => undefined }),
    stat: () => ({}),
    realPath: (path) => path,
  };
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, endless);
  const client = new SftpDriver(theirs);
  await client.ready;
  const open = (path: string): Promise<Uint8Array> =>
    client.handle(client.request('open', { path: bytes(path), flags: 3, attributes: {} }));
  const [readHandle, writeHandle] = [await open('a'), await open('b')];
  const copy = client.extension('copyData', { readHandle, readOffset: 0n, length: 0n, writeHandle, writeOffset: 0n });
  copy.catch(() => undefined);
  const soon = async (): Promise<number> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    return writes;
  };
  while ((await soon()) < 3);
  ours.destroy();
  await done;
  await soon();
  assert.equal(await soon(), await soon());
});

test('replies keep the order of the requests, whatever order the file system answers in', async () => {
  const waiting: (() => void)[] = [];
  const slow: SftpFileSystem = {
    open: () => ({
      read: (room, position) =>
        new Promise((resolve) => {
          waiting.push(() => {
            room[0] = Number(position);
            resolve(1);
          });
        }),
      write: () => undefined,
      stat: () => ({}),
      close: () => undefined,
    }),
    openDirectory: () => ({ read: () => [], close: () => undefined }),
    stat: () => ({ size: 1n }),
    realPath: (path) => path,
  };
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, slow);
  const client = new SftpDriver(theirs);
  await client.ready;
  const handle = await client.handle(client.request('open', { path: bytes('f'), flags: 1, attributes: {} }));
  const order: string[] = [];
  const note = (name: string) => (): void => void order.push(name);
  const reads = [0, 1, 2].map((at) =>
    client.request('read', { handle, offset: BigInt(at), length: 1 }).then(note(`read ${at}`)),
  );
  const stat = client.request('stat', { path: bytes('f') }).then(note('stat'));
  const last = client.request('read', { handle, offset: 9n, length: 1 }).then(note('read 9'));
  while (waiting.length < 3) await new Promise((resolve) => setImmediate(resolve));
  for (const answer of waiting.splice(0).reverse()) answer();
  await Promise.all([...reads, stat]);
  while (waiting.length < 1) await new Promise((resolve) => setImmediate(resolve));
  for (const answer of waiting) answer();
  await last;
  assert.deepEqual(order, ['read 0', 'read 1', 'read 2', 'stat', 'read 9']);
  theirs.end();
  await done;
});

test('10,000 handles are open at a time', async (context) => {
  await using folder = await TemporaryFolder.create();
  await folder.write('file', 'text');
  const served = localFileSystem({ root: folder.path });
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, served);
  const client = new SftpDriver(theirs);
  await client.ready;
  const open = { path: bytes('file'), flags: 1, attributes: {} };
  const handles: Uint8Array[] = [];
  while (handles.length < 10_000) {
    const replies = await Promise.all(Array.from({ length: 500 }, () => client.request('open', open)));
    for (const reply of replies) if (reply.kind === 'handle') handles.push(reply.handle);
    if (replies.some((reply) => reply.kind === 'status')) break;
  }
  if (handles.length < 10_000) context.diagnostic(`the system gave ${handles.length} descriptors only`);
  const last = await client.request('read', { handle: handles.at(-1) as Uint8Array, offset: 1n, length: 2 });
  assert.ok(last.kind === 'data' && Buffer.from(last.data).toString() === 'ex');
  theirs.end();
  await done;
  served.close();
});
