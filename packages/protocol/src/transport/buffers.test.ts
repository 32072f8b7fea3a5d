import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { InputBuffer } from './input-buffer.ts';
import { OutputBuffer } from './output-buffer.ts';

const numbered = (from: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (from + i) & 0xff);

describe('InputBuffer', () => {
  test('gives back what was appended, whatever the sizes of chunks and of what is consumed', () => {
    const input = new InputBuffer();
    let appended = 0;
    let consumed = 0;
    let seed = 7;
    const next = (limit: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % limit;
    for (let turn = 0; turn < 2000; turn++) {
      const length = next(turn % 7 === 0 ? 20_000 : 200);
      input.append(numbered(appended, length));
      appended += length;
      while (input.length > 0 && next(4) > 0) {
        const count = Math.min(input.length, 1 + next(9000));
        assert.deepEqual(input.view(0, count), numbered(consumed, count));
        input.consume(count);
        consumed += count;
      }
      assert.equal(input.length, appended - consumed);
    }
  });

  test('keeps nothing of a chunk', () => {
    const input = new InputBuffer();
    const chunk = numbered(0, 100);
    input.append(chunk);
    chunk.fill(0xee);
    assert.deepEqual(input.view(0, 100), numbered(0, 100));
  });

  test('finds a byte from an offset on', () => {
    const input = new InputBuffer();
    input.append(new Uint8Array([9, 1, 2, 1, 3]));
    input.consume(1);
    assert.equal(input.indexOf(1, 0), 0);
    assert.equal(input.indexOf(1, 1), 2);
    assert.equal(input.indexOf(9, 0), -1);
    assert.equal(input.indexOf(3, 4), -1);
  });

  test('opens packets in one slab: a chunk behind another does not move what is there', () => {
    const input = new InputBuffer();
    input.append(new Uint8Array(512 * 1024));
    input.consume(512 * 1024 - 10);
    const { buffer } = input.view(0, 1);
    input.append(new Uint8Array(400 * 1024));
    input.consume(400 * 1024);
    input.append(new Uint8Array(500 * 1024));
    assert.equal(input.view(0, 1).buffer, buffer);
  });

  test('gives a large slab back when traffic becomes small', () => {
    const input = new InputBuffer();
    input.append(new Uint8Array(512 * 1024));
    input.consume(512 * 1024);
    for (let i = 0; i < 20; i++) {
      input.append(new Uint8Array(50));
      input.consume(50);
    }
    input.append(new Uint8Array(50));
    assert.ok(input.view(0, 1).buffer.byteLength <= 64 * 1024);
  });
});

describe('OutputBuffer', () => {
  test('gives what was written, in order, and each byte once', () => {
    const output = new OutputBuffer();
    let written = 0;
    let taken = 0;
    for (let turn = 0; turn < 300; turn++) {
      for (let packet = 0; packet < turn % 9; packet++) {
        const length = 1 + ((turn * 977 + packet * 131) % 40_000);
        output.append(numbered(written, length));
        written += length;
      }
      assert.equal(output.pendingBytes, written - taken);
      for (const chunk of output.take()) {
        assert.deepEqual(chunk, numbered(taken, chunk.length));
        taken += chunk.length;
      }
      assert.equal(output.pendingBytes, 0);
    }
    assert.equal(taken, written);
    assert.deepEqual(output.take(), []);
  });

  test('puts many small packets into one chunk', () => {
    const output = new OutputBuffer();
    for (let i = 0; i < 50; i++) output.append(new Uint8Array(40));
    assert.equal(output.take().length, 1);
  });

  test('gives few large chunks when much is written in a turn', () => {
    const output = new OutputBuffer();
    for (let turn = 0; turn < 3; turn++) {
      for (let i = 0; i < 64; i++) output.append(new Uint8Array(32 * 1024));
      const chunks = output.take();
      if (turn > 0) assert.ok(chunks.length <= 10, `${chunks.length} chunks`);
    }
  });

  test('does not touch what was taken', () => {
    const output = new OutputBuffer();
    output.append(numbered(0, 100));
    const [first] = output.take();
    output.append(numbered(50, 100));
    assert.deepEqual(first, numbered(0, 100));
  });

  test('uses a slab again when all chunks of it came back, and no sooner', () => {
    const output = new OutputBuffer();
    const turn = (bytes: number): Uint8Array[] => {
      for (let i = 0; i < bytes / 1000; i++) output.append(numbered(i, 1000));
      return output.take();
    };
    turn(600_000);
    const slabs = new Set<ArrayBufferLike>();
    const held: Uint8Array[] = [];
    for (let i = 0; i < 50; i++) {
      for (const chunk of turn(300_000)) {
        for (let at = 0; at < chunk.length; at += 1000) {
          const expected = numbered(chunk[at] as number, Math.min(1000, chunk.length - at));
          assert.deepEqual(chunk.subarray(at, at + 1000), expected);
        }
        slabs.add(chunk.buffer);
        held.push(chunk);
      }
      const bytes = held.map((chunk) => chunk.slice());
      held.push(...turn(300_000));
      assert.deepEqual(held.slice(0, bytes.length), bytes);
      // The last turns are still on their way.
      while (held.length > 6) output.recycle(held.shift() as Uint8Array);
    }
    assert.ok(slabs.size < 12, `${slabs.size} slabs`);
  });

  test('forgets spare slabs when traffic becomes small, and does not know foreign chunks', () => {
    const output = new OutputBuffer();
    for (let i = 0; i < 4; i++) {
      for (let j = 0; j < 600; j++) output.append(new Uint8Array(1000));
      for (const chunk of output.take()) output.recycle(chunk);
    }
    output.recycle(new Uint8Array(256 * 1024));
    for (let i = 0; i < 20; i++) {
      output.append(new Uint8Array(100));
      for (const chunk of output.take()) output.recycle(chunk);
    }
    output.append(new Uint8Array(100));
    const sizes = output.take().map((chunk) => chunk.buffer.byteLength);
    assert.deepEqual(sizes, [4096]);
  });

  test('keeps little memory for a quiet connection', () => {
    const output = new OutputBuffer();
    for (let i = 0; i < 1000; i++) {
      output.append(new Uint8Array(60));
      const [chunk] = output.take();
      assert.ok((chunk?.buffer.byteLength ?? 0) <= 4096);
    }
  });
});
