import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SshError } from '../errors.ts';
import { ByteSource } from './byte-source.ts';

interface Setup {
  readonly source: ByteSource;
  /** Bytes that may be granted again. */
  readonly consumed: () => number;
}

function setUp(): Setup {
  let bytes = 0;
  const source = new ByteSource((count) => {
    bytes += count;
  });
  return { source, consumed: () => bytes };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const lost = new SshError('connection-lost', 'gone');

test('bytes are copied when they wait, and consumed when they are read', async () => {
  const { source, consumed } = setUp();
  const view = Uint8Array.of(1, 2, 3);
  source.push(view);
  view.fill(0);
  source.push(Uint8Array.of(4));
  assert.equal(source.waitingBytes, 4);
  assert.equal(consumed(), 0);
  source.finish();
  assert.deepEqual(await source.bytes(), Uint8Array.of(1, 2, 3, 4));
  assert.equal(consumed(), 4);
});

test('any pattern of pushes and reads gives every byte once and in order', async () => {
  const { source, consumed } = setUp();
  const sizes = [1, 5000, 4096, 3, 70_000, 300_000, 1, 1, 4095, 260_000, 17];
  const total = sizes.reduce((sum, size) => sum + size, 0) * 3;
  const feed = (async () => {
    let at = 0;
    for (let round = 0; round < 3; round++) {
      for (const [index, size] of sizes.entries()) {
        const from = at;
        source.push(Uint8Array.from({ length: size }, (_, i) => (from + i) % 251));
        at += size;
        if ((index + round) % 3 === 0) await soon();
      }
    }
    source.finish();
  })();
  let at = 0;
  for await (const chunk of source) {
    for (const byte of chunk) if (byte !== at++ % 251) assert.fail(`byte ${at - 1} is wrong`);
    if (chunk.length % 2 === 0) await soon();
  }
  await feed;
  assert.equal(at, total);
  assert.equal(consumed(), total);
});

test('a chunk that was handed out is never written to again', async () => {
  const { source } = setUp();
  source.push(Uint8Array.of(1));
  const iterator = source[Symbol.asyncIterator]();
  const first = (await iterator.next()).value as Uint8Array;
  source.push(Uint8Array.of(2, 3));
  const second = (await iterator.next()).value as Uint8Array;
  assert.deepEqual([...first, ...second], [1, 2, 3]);
});

test('lines are cut at LF and CR LF, across chunks and within a character', async () => {
  const { source } = setUp();
  const bytes = Buffer.from('eins\r\nzwei\n\ndrei é\nohne Ende');
  for (const byte of bytes) {
    source.push(Uint8Array.of(byte));
    if (byte === 0x69) await soon();
  }
  source.finish();
  const lines: string[] = [];
  for await (const line of source.lines()) lines.push(line);
  assert.deepEqual(lines, ['eins', 'zwei', '', 'drei é', 'ohne Ende']);
});

test('an error comes after the bytes that came before it', async () => {
  const { source } = setUp();
  source.push(Uint8Array.of(7));
  source.finish(lost);
  const iterator = source[Symbol.asyncIterator]();
  assert.deepEqual((await iterator.next()).value, Uint8Array.of(7));
  await assert.rejects(iterator.next(), lost);
});

test('after discard() everything is consumed and nothing is kept', async () => {
  const { source, consumed } = setUp();
  source.push(new Uint8Array(100));
  source.discard();
  source.push(new Uint8Array(50));
  assert.equal(source.waitingBytes, 0);
  assert.equal(consumed(), 150);
  assert.equal((await source[Symbol.asyncIterator]().next()).done, true);
});

test('a second reader is refused', async () => {
  const { source } = setUp();
  source.finish();
  await source.text();
  await assert.rejects(source.bytes(), /have a reader/);
  assert.throws(() => source.flowTo({ data: () => undefined, end: () => undefined }), /have a reader/);
});

test('a flow gets views at once, waits while paused, and is told the end', async () => {
  const { source, consumed } = setUp();
  const seen: number[] = [];
  const ends: unknown[] = [];
  source.push(Uint8Array.of(1));
  source.flowTo({ data: (chunk) => seen.push(...chunk), end: (error) => ends.push(error) });
  source.push(Uint8Array.of(2));
  assert.deepEqual(seen, [1, 2]);
  source.pause(true);
  source.push(Uint8Array.of(3));
  source.finish();
  assert.deepEqual(seen, [1, 2]);
  assert.equal(consumed(), 2);
  source.pause(false);
  await soon();
  assert.deepEqual(seen, [1, 2, 3]);
  assert.deepEqual(ends, [undefined]);
});

test('bytes() above its limit rejects and discards the rest', async () => {
  const { source, consumed } = setUp();
  source.push(new Uint8Array(10));
  await assert.rejects(source.bytes(9), (error) => error instanceof SshError && error.code === 'limit-exceeded');
  source.push(new Uint8Array(5));
  assert.equal(consumed(), 15);
});

test('the web stream is cancelled by its reader', async () => {
  const { source, consumed } = setUp();
  source.push(new Uint8Array(10));
  const reader = source.web.getReader();
  assert.equal((await reader.read()).value?.length, 10);
  await reader.cancel();
  source.push(new Uint8Array(5));
  assert.equal(consumed(), 15);
});

test('the stream of Node fails with the error of the source', async () => {
  const { source } = setUp();
  const readable = source.node;
  const failed = new Promise((resolve) => readable.once('error', resolve));
  readable.resume();
  source.finish(lost);
  assert.equal(await failed, lost);
});
