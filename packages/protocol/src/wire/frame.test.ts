import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError } from './decode-error.ts';
import { encodeFrame, FrameReader } from './frame.ts';

const limit = (number: number): number => (number === 7 ? 16 : -1);

test('FrameReader gives the same frames for every split of the stream', () => {
  const stream = Uint8Array.from([...encodeFrame(7, Uint8Array.of(1, 2, 3)), ...encodeFrame(7, Uint8Array.of())]);
  for (let split = 0; split <= stream.length; split++) {
    const reader = new FrameReader(limit);
    const frames = [...reader.receive(stream.subarray(0, split)), ...reader.receive(stream.subarray(split))];
    assert.deepEqual(
      frames.map((frame) => [frame.number, [...frame.body]]),
      [
        [7, [1, 2, 3]],
        [7, []],
      ],
    );
  }
});

test('FrameReader refuses a length over the limit before the body has come', () => {
  assert.throws(() => [...new FrameReader(limit).receive(Uint8Array.of(0, 0, 0, 18, 7))], DecodeError);
  assert.throws(() => [...new FrameReader(limit).receive(Uint8Array.of(0, 0, 0, 0, 7))], DecodeError);
});

test('FrameReader refuses a call number that nobody announced', () => {
  assert.throws(() => [...new FrameReader(limit).receive(encodeFrame(8, Uint8Array.of()))], DecodeError);
});

test('FrameReader takes one frame of 256 KiB that comes byte by byte', () => {
  const reader = new FrameReader(() => 1 << 18);
  const frame = encodeFrame(7, new Uint8Array(1 << 18).fill(9));
  let frames = 0;
  for (let at = 0; at < frame.length; at++) frames += [...reader.receive(frame.subarray(at, at + 1))].length;
  assert.equal(frames, 1);
});
