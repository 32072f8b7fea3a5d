// Requests that the protocol allows and no honest client makes (security cases, SFTP): ids that are used twice, a
// hundred thousand requests at once, sizes that no file has, folders that change while they are read, copies onto
// themselves.

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { test } from 'node:test';
import { SftpPacketStream } from '@sallyport/protocol/sftp/packet-stream';
import { init, openFlags, replyPackets, requestPackets } from '@sallyport/protocol/sftp/packets';
import { statusCodes } from '@sallyport/protocol/sftp/status';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { Writer } from '@sallyport/protocol/wire/writer';
import { SftpDriver } from '@sallyport/testing/sftp-driver';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { memoryStreams } from '../driver/memory-stream.ts';
import type { SftpFileSystem } from './file-system.ts';
import { localFileSystem } from './local-file-system.ts';
import { serveSftp } from './serve-sftp.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const framed = (packet: Uint8Array): Uint8Array => new Writer().string(packet).bytes();
const hello = framed(init.encode({ version: 3, extensions: [] }));
const { read, write, create } = openFlags;
const { ok, failure, badMessage } = statusCodes;
const refusals: readonly number[] = [failure, badMessage];

interface Place {
  readonly client: SftpDriver;
  readonly folder: TemporaryFolder;
}

async function served(root: 'folder' | 'everything', work: (place: Place) => Promise<void>): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const files = localFileSystem(root === 'folder' ? { root: folder.path } : {});
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, files);
  const client = new SftpDriver(theirs);
  await client.ready;
  await work({ client, folder });
  theirs.end();
  await done;
  files.close();
}

/** The ids of the answers to these packets, in the order in which they come. */
async function idsOfAnswers(files: SftpFileSystem, requests: readonly Uint8Array[]): Promise<number[]> {
  const [ours, theirs] = memoryStreams();
  const packets = new SftpPacketStream(1024 * 1024);
  const ids: number[] = [];
  let isGreeted = false;
  theirs.onData = (chunk) => {
    packets.receive(chunk);
    for (let packet = packets.next(); packet !== undefined; packet = packets.next()) {
      if (isGreeted) ids.push(replyPackets.attributes.decode(packet).id);
      isGreeted = true;
    }
  };
  const over = new Promise<void>((resolve) => {
    theirs.onEnd = resolve;
  });
  theirs.resume();
  const done = serveSftp(ours, files);
  theirs.write([concatBytes(hello, ...requests)]);
  theirs.end();
  await done;
  await over;
  return ids;
}

const stat = (id: number): Uint8Array => framed(requestPackets.stat.encode({ id, path: bytes('/') }));

test('an id that is used twice is answered twice, and 10^5 requests at once are answered in their order', async () => {
  await using folder = await TemporaryFolder.create();
  const files = localFileSystem({ root: folder.path });
  const ids = [7, 7, 0xffffffff, 7];
  assert.deepEqual(await idsOfAnswers(files, ids.map(stat)), ids);
  const many = Array.from({ length: 100_000 }, (_, id) => id);
  assert.deepEqual(await idsOfAnswers(files, many.map(stat)), many);
  files.close();
});

test('what came before the end is answered, however often others have their turn meanwhile', async () => {
  await using folder = await TemporaryFolder.create();
  const files = localFileSystem({ root: folder.path, blocking: true });
  const slow: SftpFileSystem = {
    open: () => Promise.reject(new Error('nothing is opened')),
    openDirectory: () => Promise.reject(new Error('nothing is opened')),
    realPath: (path) => path,
    stat: (path, options) => {
      // Longer than a session works without a break.
      for (const until = performance.now() + 6; performance.now() < until; );
      return files.stat(path, options);
    },
  };
  assert.deepEqual(await idsOfAnswers(slow, [1, 2, 3, 4, 5].map(stat)), [1, 2, 3, 4, 5]);
  files.close();
});

test('sizes and times that no file has are refused or kept as they are', async () => {
  await served('folder', async ({ client, folder }) => {
    await folder.write('f', 'text');
    const set = (attributes: object): Promise<number> =>
      client.code(client.request('setstat', { path: bytes('f'), attributes }));
    assert.ok(refusals.includes(await set({ size: (1n << 64n) - 1n })));
    assert.ok(refusals.includes(await set({ size: 1n << 63n })));
    assert.equal(fs.readFileSync(folder.file('f'), 'utf8'), 'text');
    assert.equal(await set({ accessTime: 0xffffffff, modificationTime: 0xffffffff }), ok);
    const reply = await client.request('stat', { path: bytes('//f') });
    assert.equal(reply.kind === 'attributes' ? reply.attributes.modificationTime : reply.kind, 0xffffffff);
    assert.equal((await client.request('stat', { path: bytes('//./') })).kind, 'attributes');
  });
});

test('a folder that changes while it is read comes to an end', async () => {
  await served('folder', async ({ client, folder }) => {
    for (let i = 0; i < 3000; i++) fs.writeFileSync(folder.file(`before-${i}`), '');
    const handle = await client.handle(client.request('opendir', { path: bytes('/') }));
    const seen = new Set<string>();
    for (let round = 0; ; round++) {
      const reply = await client.request('readdir', { handle });
      if (reply.kind !== 'names') break;
      for (const { name } of reply.entries) seen.add(Buffer.from(name).toString('latin1'));
      fs.rmSync(folder.file(`before-${round}`), { force: true });
      fs.writeFileSync(folder.file(`after-${round}`), '');
      assert.ok(round < 3000);
    }
    // What is removed meanwhile may be missing; all else is there.
    const left = fs.readdirSync(folder.path).filter((name) => name.startsWith('before-'));
    assert.deepEqual(
      left.filter((name) => !seen.has(name)),
      [],
    );
    fs.rmSync(folder.file('before-2999'));
    assert.equal(await client.code(client.request('readdir', { handle })), statusCodes.endOfFile);
  });
});

test('a copy onto itself is refused, whatever the handles and names', async () => {
  await served('folder', async ({ client, folder }) => {
    await folder.write('f', 'text of it');
    fs.linkSync(folder.file('f'), folder.file('g'));
    const open = (name: string, flags: number): Promise<Uint8Array> =>
      client.handle(client.request('open', { path: bytes(name), flags, attributes: {} }));
    const [source, same, linked] = [await open('f', read), await open('f', read | write), await open('g', write)];
    const copy = { readHandle: source, readOffset: 0n, length: 0n, writeOffset: 4n };
    for (const writeHandle of [same, linked])
      assert.equal(await client.code(client.extension('copyData', { ...copy, writeHandle })), failure);
    assert.equal(fs.readFileSync(folder.file('f'), 'utf8'), 'text of it');
    const target = await open('h', write | create);
    const behindEnd = { ...copy, readOffset: 100n, writeHandle: target };
    assert.equal(await client.code(client.extension('copyData', behindEnd)), ok);
    assert.equal(fs.statSync(folder.file('h')).size, 0);
  });
});

test('a rename to another file system fails and leaves the file', async (context) => {
  const other = '/dev/shm';
  await served('everything', async ({ client, folder }) => {
    const isOther = fs.existsSync(other) && fs.statSync(other).dev !== fs.statSync(folder.path).dev;
    if (!isOther) return context.skip('no second file system');
    const from = await folder.write('f', 'stays');
    const to = `${other}/sallyport-test-${process.pid}`;
    const paths = { from: bytes(from), to: bytes(to) };
    assert.equal(await client.code(client.extension('posixRename', paths)), failure);
    assert.equal(await client.code(client.request('rename', paths)), failure);
    assert.equal(fs.readFileSync(from, 'utf8'), 'stays');
    assert.equal(fs.existsSync(to), false);
  });
});
