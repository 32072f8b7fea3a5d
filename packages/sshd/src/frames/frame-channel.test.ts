import assert from 'node:assert/strict';
import { test } from 'node:test';
import { text } from '@sallyport/protocol/codec/fields';
import { struct } from '@sallyport/protocol/codec/struct';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { streamPair } from '@sallyport/testing/stream-end';
import type { ChannelEnd } from './frame-channel.ts';
import { FrameChannel } from './frame-channel.ts';

const word = { number: 7, fields: struct({ word: text }) };
const wordFrame = (value: string): Uint8Array => encodeFrame(word.number, word.fields.encode({ word: value }));

function channelWith(frame: (number: number, body: Uint8Array) => void) {
  const { stream, end } = streamPair();
  const ends: ChannelEnd[] = [];
  let resolve: () => void = () => undefined;
  const over = new Promise<void>((settle) => {
    resolve = settle;
  });
  const channel = new FrameChannel(stream, {
    limitBytes: (number) => (number === word.number ? 64 : -1),
    frame,
    closed: (reason) => {
      ends.push(reason);
      resolve();
    },
  });
  return { channel, end, ends, over };
}

test('FrameChannel carries typed rows out and frames in', async () => {
  const heard: string[] = [];
  const { channel, end } = channelWith((_, body) => {
    heard.push(word.fields.decode(body).word);
    channel.send(word, { word: heard.join(' ') });
  });
  end.send(wordFrame('one'), wordFrame('two'));
  const expected = Buffer.concat([wordFrame('one'), wordFrame('one two')]);
  assert.deepEqual(await end.take(expected.length), expected);
  channel.destroy();
  await end.closed();
});

for (const [what, bytes] of [
  ['a number that is not in its table', encodeFrame(8, new Uint8Array(1))],
  ['a frame over its limit', encodeFrame(word.number, new Uint8Array(65))],
  ['bytes that are no frame', utf8Encode('GET / HTTP/1.1\r\n\r\n')],
  ['a body that does not decode', encodeFrame(word.number, Uint8Array.of(1))],
] as const) {
  test(`FrameChannel closes once on ${what}, and nothing behind it is looked at`, async () => {
    const heard: string[] = [];
    const { end, ends, over } = channelWith((_, body) => heard.push(word.fields.decode(body).word));
    end.send(wordFrame('good'), bytes, wordFrame('late'));
    await over;
    await end.closed();
    assert.deepEqual([heard, ends.map(({ kind }) => kind)], [['good'], ['misbehaved']]);
  });
}

test('FrameChannel closes with the error when its owner fails', async () => {
  const error = new TypeError('a fault of ours');
  const { end, ends, over } = channelWith(() => {
    throw error;
  });
  end.send(wordFrame('one'));
  await over;
  assert.deepEqual(ends, [{ kind: 'failed', error }]);
});

test('FrameChannel tells that the other process is gone, and drops what is sent then', async () => {
  const { channel, end, ends, over } = channelWith(() => assert.fail('no frame came'));
  end.close();
  await over;
  channel.send(word, { word: 'late' });
  assert.deepEqual(ends, [{ kind: 'ended' }]);
});

test('FrameChannel that its owner destroys says nothing', async () => {
  const { channel, end, ends } = channelWith(() => {
    throw new DecodeError('no frame may come');
  });
  channel.destroy();
  end.send(wordFrame('late'));
  await end.closed();
  assert.deepEqual(ends, []);
});

test('FrameChannel says when it has room again for what is sent', async () => {
  const { stream, end } = streamPair();
  let isDrained: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => {
    isDrained = resolve;
  });
  const channel = new FrameChannel(stream, {
    limitBytes: () => -1,
    frame: () => undefined,
    drained: () => isDrained(),
    closed: () => undefined,
  });
  const frame = wordFrame('x'.repeat(100_000));
  const drainOf = ({ drain }: FrameChannel): Promise<void> | undefined => drain;
  assert.equal(drainOf(channel), undefined);
  let count = 1;
  while (channel.send(word, { word: 'x'.repeat(100_000) })) count += 1;
  const drain = drainOf(channel);
  assert.ok(drain);
  await end.take(count * frame.length);
  await Promise.all([drained, drain]);
  assert.equal(drainOf(channel), undefined);
  channel.destroy();
  await end.closed();
});
