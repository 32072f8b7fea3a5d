import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import { channelData, channelExtendedData } from '../messages/connection.ts';
import { concatBytes } from '../wire/bytes.ts';
import { DataQueue, joinDataMessage } from './data-queue.ts';

test('what is framed by hand equals what the codecs encode (RFC 4254 section 5.2)', () => {
  const random = new SeededRandom(1);
  for (const length of [1, 2, 255, 256, 32768, 70_000]) {
    const data = random.bytes(length);
    const recipient = random.pick([0, 1, 0x7fffffff, 0xffffffff]);
    const queue = new DataQueue();
    queue.push(data, undefined);
    queue.push(data, 1);
    assert.deepEqual(joinDataMessage(queue.frame(recipient, length)), channelData.encode({ recipient, data }));
    assert.deepEqual(
      joinDataMessage(queue.frame(recipient, length)),
      channelExtendedData.encode({ recipient, type: 1, data }),
    );
    assert.equal(queue.bytes, 0);
  }
});

test('slices of one kind are gathered and cut at any limit, in order, without mixing kinds', () => {
  const random = new SeededRandom(2);
  for (let round = 0; round < 200; round++) {
    const queue = new DataQueue();
    const pushed: { kind: number | undefined; data: Uint8Array }[] = [];
    for (let i = random.below(20); i >= 0; i--) {
      const slice = { kind: random.pick([undefined, undefined, 1]), data: random.bytes(random.below(50)) };
      queue.push(slice.data, slice.kind);
      pushed.push(slice);
    }
    const framed: { kind: number | undefined; data: Uint8Array }[] = [];
    while (queue.bytes > 0) {
      const before = queue.bytes;
      const limit = 1 + random.below(60);
      const payload = joinDataMessage(queue.frame(9, limit));
      const message =
        payload[0] === 94 ? { ...channelData.decode(payload), type: undefined } : channelExtendedData.decode(payload);
      assert.ok(message.data.length > 0 && message.data.length <= limit);
      assert.equal(queue.bytes, before - message.data.length);
      framed.push({ kind: message.type, data: message.data });
    }
    const joined = (parts: typeof framed, kind: number | undefined) =>
      concatBytes(...parts.filter((part) => part.kind === kind).map((part) => part.data));
    for (const kind of [undefined, 1]) assert.deepEqual(joined(framed, kind), joined(pushed, kind));
    // The order between kinds is kept, too.
    const order = (parts: typeof framed) => parts.flatMap(({ kind, data }) => [...data].map(() => kind));
    assert.deepEqual(order(framed), order(pushed));
  }
});

test('large data behind a small head is lent, not copied, and a message ends with its slice', () => {
  const queue = new DataQueue();
  const blocks = [new Uint8Array(1150).fill(1), new Uint8Array(1150).fill(2)];
  for (const block of blocks) {
    queue.push(Uint8Array.of(9, 9, 9), undefined);
    queue.push(block, undefined);
  }
  const lengths: number[] = [];
  while (queue.bytes > 0) {
    const message = queue.frame(1, 300);
    assert.ok(blocks.some(({ buffer }) => buffer === message.data.buffer));
    lengths.push(channelData.decode(joinDataMessage(message)).data.length);
  }
  assert.deepEqual(lengths, [300, 300, 300, 253, 300, 300, 300, 253]);
});

test('small slices fill a message', () => {
  const queue = new DataQueue();
  for (let count = 0; count < 40; count++) queue.push(new Uint8Array(20), undefined);
  assert.equal(channelData.decode(joinDataMessage(queue.frame(1, 300))).data.length, 300);
});

test('a cleared queue holds nothing, and an empty slice is no data', () => {
  const queue = new DataQueue();
  queue.push(new Uint8Array(0), undefined);
  assert.equal(queue.bytes, 0);
  queue.push(new Uint8Array(3), undefined);
  queue.frame(0, 1);
  queue.clear();
  assert.equal(queue.bytes, 0);
  queue.push(Uint8Array.of(7), undefined);
  assert.deepEqual(channelData.decode(joinDataMessage(queue.frame(0, 10))).data, Uint8Array.of(7));
});
