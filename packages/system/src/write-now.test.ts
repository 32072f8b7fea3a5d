import assert from 'node:assert/strict';
import { openSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { openDescriptor } from './descriptor-stream.ts';
import { closeDescriptor, makePipe } from './descriptors.ts';

test('writeNow gives a pipe what fits, and what is queued behind it comes after it', async () => {
  const { readFd, writeFd } = makePipe();
  const writer = openDescriptor(writeFd);
  const sent = Buffer.alloc(300_000, 'abcdefghij');
  const first = writer.writeNow?.(sent) ?? 0;
  assert.ok(first > 0 && first < sent.length, `${first} bytes`);
  assert.equal(writer.writeNow?.(sent.subarray(first)), 0);
  writer.write([sent.subarray(first).slice()]);
  assert.equal(writer.writeNow?.(Buffer.from('out of order')), 0);
  writer.end();
  const reader = openDescriptor(readFd);
  const chunks: Uint8Array[] = [];
  await new Promise<void>((resolve) => {
    reader.onData = (chunk) => chunks.push(chunk);
    reader.onEnd = resolve;
    reader.resume();
  });
  assert.ok(Buffer.concat(chunks).equals(sent));
});

test('writeNow to a pipe that nobody reads takes nothing, and write says why', async () => {
  const { readFd, writeFd } = makePipe();
  const writer = openDescriptor(writeFd);
  closeDescriptor(readFd);
  assert.equal(writer.writeNow?.(Buffer.from('anybody?')), 0);
  const closed = new Promise<Error | undefined>((resolve) => {
    writer.onClose = resolve;
  });
  writer.write([Buffer.from('anybody?')]);
  assert.equal(((await closed) as { code?: string }).code, 'EPIPE');
  assert.equal(writer.writeNow?.(Buffer.from('gone')), 0);
});

test('a large chunk for a pipe that nobody reads ends the stream, too', async () => {
  const { readFd, writeFd } = makePipe();
  const writer = openDescriptor(writeFd);
  closeDescriptor(readFd);
  const closed = new Promise<Error | undefined>((resolve) => {
    writer.onClose = resolve;
  });
  writer.write([Buffer.alloc(100_000), Buffer.from('and more')]);
  assert.equal(((await closed) as { code?: string }).code, 'EPIPE');
});

test('writeNow to a file and to /dev/full does what write(2) does', async () => {
  await using folder = await TemporaryFolder.create();
  const file = openDescriptor(openSync(folder.file('out'), 'w'));
  assert.equal(file.writeNow?.(Buffer.from('one ')), 4);
  file.write([Buffer.from('two'), Buffer.from(' three')]);
  file.end();
  assert.equal(readFileSync(folder.file('out'), 'utf8'), 'one two three');
  const full = openDescriptor(openSync('/dev/full', 'w'));
  assert.equal(full.writeNow?.(Buffer.from('x')), 0);
  const closed = new Promise<Error | undefined>((resolve) => {
    full.onClose = resolve;
  });
  full.write([Buffer.from('x')]);
  assert.equal(((await closed) as { code?: string }).code, 'ENOSPC');
});

test('a device that may keep its reader waiting is read by the pool, with the loop going on', async () => {
  const random = openDescriptor(openSync('/dev/urandom', 'r'), { readChunkBytes: 100 });
  const chunk = await new Promise<Uint8Array>((resolve) => {
    random.onData = resolve;
    random.resume();
  });
  random.destroy();
  assert.equal(chunk.length, 100);
});
