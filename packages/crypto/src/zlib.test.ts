// The streams of zlib against the runtime's own zlib, which reads and writes them as a whole, and what a hostile peer
// may send into them.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { constants, createDeflate, deflateSync, inflateSync } from 'node:zlib';
import { zlib } from './zlib.ts';

const limitBytes = 256 * 1024;
const text = (length: number): Buffer =>
  Buffer.from('All work and no play. '.repeat(length / 22 + 1)).subarray(0, length);
const noise = (length: number): Buffer<ArrayBuffer> => {
  let state = 1;
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
};

const packets = [text(1), text(40), text(40), noise(70_000), text(200_000), noise(1), text(32_768)];

test('packets go through a pair of streams, each with the history of those before', () => {
  const deflater = zlib.deflater();
  const inflater = zlib.inflater();
  const sizes = packets.map((packet) => {
    const compressed = deflater.deflate([packet.subarray(0, 9), packet.subarray(9)]);
    const restored = inflater.inflate(compressed, limitBytes);
    assert.ok(restored !== undefined && packet.equals(restored), `${packet.length} bytes`);
    return compressed.length;
  });
  assert.ok((sizes[2] as number) < (sizes[1] as number), 'a repeated packet is smaller than the first');
  assert.ok((sizes[4] as number) < 2000);
});

test("the runtime's zlib reads what was deflated", () => {
  const deflater = zlib.deflater();
  const compressed = Buffer.concat(packets.map((packet) => deflater.deflate([packet])));
  const all = inflateSync(compressed, { finishFlush: constants.Z_SYNC_FLUSH });
  assert.ok(Buffer.concat(packets).equals(all));
});

for (const flush of ['Z_PARTIAL_FLUSH', 'Z_SYNC_FLUSH', 'Z_FULL_FLUSH'] as const) {
  test(`what the runtime's zlib deflates is read, packet by packet, with ${flush}`, async () => {
    const stream = createDeflate({ flush: constants[flush], chunkSize: 1 << 20 });
    const inflater = zlib.inflater();
    for (const packet of packets) {
      const sent = once(stream, 'data') as Promise<[Buffer]>;
      stream.write(packet);
      const [compressed] = await sent;
      const restored = inflater.inflate(compressed, limitBytes);
      assert.ok(restored !== undefined && packet.equals(restored), `${packet.length} bytes`);
    }
    stream.destroy();
  });
}

test("what is returned is the caller's: it outlives the next packet", () => {
  const deflater = zlib.deflater();
  const inflater = zlib.inflater();
  const [one, two] = [deflater.deflate([text(50)]), deflater.deflate([noise(50)])];
  const first = inflater.inflate(one, limitBytes);
  inflater.inflate(two, limitBytes);
  assert.deepEqual(first, new Uint8Array(text(50)));
});

test('a packet may become as long as the limit and no longer', () => {
  for (const [length, fits] of [
    [limitBytes, true],
    [limitBytes + 1, false],
    [4096, true],
  ] as const) {
    const restored = zlib.inflater().inflate(zlib.deflater().deflate([Buffer.alloc(length)]), limitBytes);
    assert.equal(restored?.length, fits ? length : undefined);
  }
});

test('bombs are refused before they are unpacked (1000:1 and 1,000,000:1)', () => {
  const bomb = deflateSync(Buffer.alloc(256 * 1024 * 1024), { level: 9 });
  assert.ok(bomb.length < 300_000);
  const before = process.memoryUsage().arrayBuffers;
  assert.equal(zlib.inflater().inflate(bomb, limitBytes), undefined);
  assert.ok(process.memoryUsage().arrayBuffers - before < 16 * 1024 * 1024);
});

test('garbage, an ended stream, a preset dictionary and a damaged packet are malformed', () => {
  assert.equal(zlib.inflater().inflate(noise(100), limitBytes), undefined);
  assert.equal(zlib.inflater().inflate(deflateSync(text(100)), limitBytes), undefined);
  const dictionary = text(50);
  assert.equal(zlib.inflater().inflate(deflateSync(text(100), { dictionary }), limitBytes), undefined);
  const inflater = zlib.inflater();
  const deflater = zlib.deflater();
  assert.ok(inflater.inflate(deflater.deflate([text(100)]), limitBytes));
  const damaged = deflater.deflate([noise(5000)]);
  damaged.fill(0xff, 0, 40);
  assert.equal(inflater.inflate(damaged, limitBytes), undefined);
});

test('no change of one byte and no truncation of a packet throws or runs away', () => {
  const sound = zlib.deflater().deflate([text(300), noise(60)]);
  for (let at = 0; at < sound.length; at++) {
    for (const flip of [0x01, 0x80, 0xff]) {
      const changed = sound.slice();
      changed[at] = (changed[at] as number) ^ flip;
      const restored = zlib.inflater().inflate(changed, limitBytes);
      assert.ok(restored === undefined || restored.length <= limitBytes);
    }
    const cut = zlib.inflater().inflate(sound.subarray(0, at), limitBytes);
    assert.ok(cut === undefined || cut.length <= 360);
  }
});
