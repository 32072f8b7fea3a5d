import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aesCiphers } from './aes.ts';
import { memoryDiscard } from './discarded-memory.ts';

test('memoryDiscard takes the memory of an array away, before and after its port has closed', async () => {
  const discard = memoryDiscard();
  for (let round = 0; round < 3; round++) {
    const bytes = new Uint8Array(32 * 1024);
    discard(bytes);
    assert.equal(bytes.length, 0);
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test('memoryDiscard leaves a part of a larger buffer and small arrays alone', () => {
  const discard = memoryDiscard();
  const pool = new Uint8Array(64 * 1024).fill(7);
  discard(pool.subarray(0, 32 * 1024));
  discard(pool.subarray(32 * 1024));
  assert.equal(pool.length, 64 * 1024);
  const small = new Uint8Array(16).fill(7);
  discard(small);
  assert.equal(small.length, 16);
});

const skip = 'bun' in process.versions && "Bun's collector alone counts the memory of arrays";

if (skip !== false) process.stderr.write(`skipped: ${skip}\n`);

test('ciphers keep no memory for their output, whenever the garbage collector runs', { skip }, () => {
  const { aesCtr, aesGcm } = aesCiphers();
  const gcm = aesGcm(new Uint8Array(16));
  const ctr = aesCtr(new Uint8Array(16), new Uint8Array(16));
  const nonce = new Uint8Array(12);
  const associated = new Uint8Array(4);
  const packet = { data: new Uint8Array(256 * 1024), tag: new Uint8Array(16) };
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round++) {
    gcm.seal(nonce, associated, packet);
    assert.equal(gcm.open(nonce, associated, packet), true);
    ctr.apply(packet.data);
  }
  const keptBytes = process.memoryUsage().arrayBuffers - before;
  assert.ok(keptBytes < 1024 * 1024, `${keptBytes} bytes of ${60 * packet.data.length} are kept`);
  ctr.free();
});
