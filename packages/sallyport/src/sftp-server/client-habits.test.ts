// What clients of other makers ask for, request by request, where the programs themselves cannot run in a test: the
// transfer queues of FileZilla (which is built on psftp) and WinSCP; and clients that ask for a lot at once.

import assert from 'node:assert/strict';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { SftpReply } from '@sallyport/protocol/sftp/client';
import { SftpPacketStream } from '@sallyport/protocol/sftp/packet-stream';
import { init, openFlags, requestPackets } from '@sallyport/protocol/sftp/packets';
import { statusCodes } from '@sallyport/protocol/sftp/status';
import { Writer } from '@sallyport/protocol/wire/writer';
import { SftpDriver } from '@sallyport/testing/sftp-driver';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { memoryStreams } from '../driver/memory-stream.ts';
import { SftpClient } from '../sftp/sftp-client.ts';
import { localFileSystem } from './local-file-system.ts';
import { serveSftp } from './serve-sftp.ts';
import type { SftpServerOptions } from './sftp-session.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const { read, write, create, truncate } = openFlags;
const { ok, endOfFile, noSuchFile, failure } = statusCodes;
const [versionReply, handleReply] = [2, 102];
const blockBytes = 32_768;
const data = Buffer.alloc(1_000_001, 'queued in blocks ');

interface Place {
  readonly client: SftpDriver;
  readonly folder: TemporaryFolder;
  /** The code of a status. */
  readonly code: (asked: Promise<SftpReply>) => Promise<number>;
}

async function served(work: (place: Place) => Promise<void>, options: SftpServerOptions = {}): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const files = localFileSystem({ root: folder.path });
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, files, options);
  const client = new SftpDriver(theirs);
  await client.ready;
  await work({ client, folder, code: (asked) => client.code(asked) });
  theirs.end();
  await done;
  files.close();
}

/** Names of a folder as both get them: READDIR until the end is told, two at a time. */
async function listed({ client }: Place, path: string): Promise<string[]> {
  const handle = await client.handle(client.request('opendir', { path: bytes(path) }));
  const names: string[] = [];
  for (let atEnd = false; !atEnd; ) {
    const replies = await Promise.all([client.request('readdir', { handle }), client.request('readdir', { handle })]);
    for (const reply of replies) {
      if (reply.kind === 'names') names.push(...reply.entries.map(({ name }) => Buffer.from(name).toString('latin1')));
      else assert.ok(reply.kind === 'status' && reply.code === endOfFile);
    }
    atEnd = replies.some(({ kind }) => kind === 'status');
  }
  assert.equal(await client.code(client.request('close', { handle })), ok);
  return names.sort();
}

/** Blocks from `start`, all asked for before the first answer, and some behind the end. */
async function queuedRead({ client }: Place, path: string, start: number): Promise<Buffer> {
  const handle = await client.handle(client.request('open', { path: bytes(path), flags: read, attributes: {} }));
  const count = Math.ceil((data.length - start) / blockBytes) + 4;
  const offsets = Array.from({ length: count }, (_, index) => BigInt(start + index * blockBytes));
  const asked = offsets.map((offset) => client.request('read', { handle, offset, length: blockBytes }));
  const replies = await Promise.all(asked);
  assert.equal(await client.code(client.request('close', { handle })), ok);
  return Buffer.concat(
    replies.map((reply) => {
      if (reply.kind === 'data') return reply.data;
      assert.ok(reply.kind === 'status' && reply.code === endOfFile);
      return Buffer.alloc(0);
    }),
  );
}

async function queuedWrite({ client }: Place, handle: Uint8Array, start: number): Promise<void> {
  const asked: Promise<SftpReply>[] = [];
  for (let at = start; at < data.length; at += blockBytes)
    asked.push(client.write(handle, BigInt(at), data.subarray(at, at + blockBytes)));
  for (const reply of asked) assert.equal(await client.code(reply), ok);
}

test('the requests of FileZilla’s transfers, listings and changes get what it expects', async () => {
  await served(async (place) => {
    const { client, folder, code } = place;
    const home = await client.request('realpath', { path: bytes('.') });
    assert.ok(home.kind === 'names' && Buffer.from(home.entries[0]?.name ?? []).toString() === '/');
    assert.deepEqual(await listed(place, '/'), ['.', '..']);
    assert.equal(await code(client.request('mkdir', { path: bytes('/new'), attributes: {} })), ok);
    // A file goes up, half of it is there from before; times are set when it is closed.
    const path = bytes('/new/file');
    assert.equal(await code(client.request('stat', { path })), noSuchFile);
    fs.writeFileSync(folder.file('new/file'), data.subarray(0, blockBytes));
    const before = await client.request('stat', { path });
    assert.ok(before.kind === 'attributes' && before.attributes.size === BigInt(blockBytes));
    const attributes = { permissions: 0o644 };
    const handle = await client.handle(client.request('open', { path, flags: write | create, attributes }));
    await queuedWrite(place, handle, blockBytes);
    assert.equal(await code(client.request('close', { handle })), ok);
    const times = { accessTime: 1_000_000_001, modificationTime: 1_000_000_000 };
    assert.equal(await code(client.request('setstat', { path, attributes: times })), ok);
    assert.equal(await code(client.request('setstat', { path, attributes: { permissions: 0o600 } })), ok);
    assert.deepEqual(fs.readFileSync(folder.file('new/file')), data);
    assert.equal(fs.statSync(folder.file('new/file')).mtimeMs, 1e12);
    // Down again, from the beginning and from where an earlier one ended.
    assert.deepEqual(await queuedRead(place, '/new/file', 0), data);
    assert.deepEqual(await queuedRead(place, '/new/file', 5 * blockBytes), data.subarray(5 * blockBytes));
    // A name that is taken is not replaced.
    fs.writeFileSync(folder.file('new/other'), 'stays');
    assert.equal(await code(client.request('rename', { from: path, to: bytes('/new/other') })), failure);
    assert.equal(await code(client.request('rename', { from: path, to: bytes('/new/moved') })), ok);
    assert.deepEqual(await listed(place, '/new'), ['.', '..', 'moved', 'other']);
    for (const name of ['moved', 'other'])
      assert.equal(await code(client.request('remove', { path: bytes(`/new/${name}`) })), ok);
    assert.equal(await code(client.request('rmdir', { path: bytes('/new') })), ok);
  });
});

test('the requests of WinSCP’s transfers to a temporary name get what it expects', async () => {
  await served(async (place) => {
    const { client, folder, code } = place;
    fs.writeFileSync(folder.file('file'), 'an older one');
    const [path, part] = [bytes('/file'), bytes('/file.filepart')];
    const there = await client.request('lstat', { path });
    assert.ok(there.kind === 'attributes' && there.attributes.size === 12n);
    assert.equal(await code(client.request('lstat', { path: part })), noSuchFile);
    const flags = write | create | truncate;
    const handle = await client.handle(client.request('open', { path: part, flags, attributes: {} }));
    await queuedWrite(place, handle, 0);
    assert.equal(await code(client.request('close', { handle })), ok);
    assert.equal(await code(client.request('remove', { path })), ok);
    assert.equal(await code(client.request('rename', { from: part, to: path })), ok);
    const attributes = { permissions: 0o640, accessTime: 1_000_000_000, modificationTime: 1_000_000_000 };
    assert.equal(await code(client.request('setstat', { path, attributes })), ok);
    assert.deepEqual(fs.readFileSync(folder.file('file')), data);
    assert.equal(fs.statSync(folder.file('file')).mode & 0o777, 0o640);
    assert.deepEqual(await queuedRead(place, '/file', 0), data);
    // A copy at the server, the room there, and what keeps an idle session alive.
    const readHandle = await client.handle(client.request('open', { path, flags: read, attributes: {} }));
    const copy = bytes('/copy');
    const writeHandle = await client.handle(client.request('open', { path: copy, flags, attributes: {} }));
    const all = { readHandle, readOffset: 0n, length: 0n, writeHandle, writeOffset: 0n };
    assert.equal(await code(client.extension('copyData', all)), ok);
    for (const open of [readHandle, writeHandle]) await client.request('close', { handle: open });
    assert.deepEqual(fs.readFileSync(folder.file('copy')), data);
    assert.equal((await client.extension('statvfs', { path: bytes('/') })).kind, 'extended');
    assert.equal((await client.request('realpath', { path: bytes('/') })).kind, 'names');
    assert.deepEqual(await listed(place, '/'), ['.', '..', 'copy', 'file']);
  });
});

test('10^5 names of one folder are listed, each once', async () => {
  // In memory, where there is such a place: a disk takes half a minute for them.
  const folder = fs.mkdtempSync(`${fs.existsSync('/dev/shm') ? '/dev/shm' : tmpdir()}/sallyport-test-`);
  for (let i = 0; i < 100_000; i++) fs.closeSync(fs.openSync(`${folder}/n${i}`, 'w'));
  const files = localFileSystem({ root: folder });
  const [ours, theirs] = memoryStreams();
  const done = serveSftp(ours, files);
  {
    await using client = await SftpClient.over(theirs);
    const names = new Set<string>();
    let count = 0;
    for await (const batch of client.opendir('/')) {
      count += batch.length;
      for (const { name } of batch) names.add(name);
    }
    assert.deepEqual([count, names.size], [100_002, 100_002]);
  }
  await done;
  files.close();
  fs.rmSync(folder, { recursive: true });
});

test('a client that opens 10^5 files gets as many as it may have, and one for each that it closes', async () => {
  const maximumHandles = 300;
  await served(
    async ({ client, folder, code }) => {
      await folder.write('file', 'text');
      const open = { path: bytes('file'), flags: read, attributes: {} };
      const opened = await Promise.all(Array.from({ length: 301 }, () => client.request('open', open)));
      const handles = opened.flatMap((reply) => (reply.kind === 'handle' ? [reply.handle] : []));
      assert.equal(handles.length, maximumHandles);
      assert.equal(await code(client.request('close', { handle: handles[7] as Uint8Array })), ok);
      assert.equal((await client.request('open', open)).kind, 'handle');
      assert.equal(await code(client.request('open', open)), failure);
      const made = { path: bytes('made'), flags: write | create, attributes: {} };
      assert.equal(await code(client.request('open', made)), failure);
      assert.equal(fs.existsSync(folder.file('made')), false);
    },
    { maximumHandles },
  );
  const counts = await openWithoutEnd(maximumHandles, 100_000);
  assert.deepEqual(counts, { handle: maximumHandles, status: 100_000 - maximumHandles });
});

/** Sends so many OPEN without looking at the answers; how many of each kind came. */
async function openWithoutEnd(maximumHandles: number, count: number): Promise<Record<string, number>> {
  await using folder = await TemporaryFolder.create();
  const descriptors = (): number => fs.readdirSync('/proc/self/fd').length;
  const files = localFileSystem({ root: folder.path });
  const [ours, theirs] = memoryStreams();
  const before = descriptors();
  const done = serveSftp(ours, files, { maximumHandles });
  const packets = new SftpPacketStream(1024);
  const counts: Record<string, number> = { handle: 0, status: 0 };
  let mostDescriptors = 0;
  theirs.onData = (chunk) => {
    mostDescriptors = Math.max(mostDescriptors, descriptors());
    packets.receive(chunk);
    for (let packet = packets.next(); packet !== undefined; packet = packets.next()) {
      const kind = packet[0] === handleReply ? 'handle' : 'status';
      if (packet[0] !== versionReply) counts[kind] = (counts[kind] ?? 0) + 1;
    }
  };
  const over = new Promise<void>((resolve) => {
    theirs.onEnd = resolve;
  });
  theirs.resume();
  const framed = (packet: Uint8Array): Uint8Array => new Writer().string(packet).bytes();
  const attributes = {};
  const flags = write | create;
  const opens = Array.from({ length: count }, (_, id) =>
    framed(requestPackets.open.encode({ id, path: bytes('f'), flags, attributes })),
  );
  theirs.write([Buffer.concat([framed(init.encode({ version: 3, extensions: [] })), ...opens])]);
  theirs.end();
  await done;
  files.close();
  await over;
  assert.ok(mostDescriptors <= before + maximumHandles + 20, `${mostDescriptors} descriptors`);
  return counts;
}
