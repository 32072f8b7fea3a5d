import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import fc from 'fast-check';
import { equalBytes } from '../wire/bytes.ts';
import { Connection } from './connection.ts';
import type { ChannelWindow } from './events.ts';

const nothing = new Uint8Array(0);

/** The byte at a place of the stream of one direction of a channel: what was sent can be told without keeping it. */
const byteAt = (channel: number, at: number): number => (at * 31 + (at >>> 8) * 17 + channel * 101) & 0xff;

/** One channel at one end: what is still to be sent, and how far what came was right. */
class Stream {
  readonly number: number;
  readonly toSend: number;
  sent = 0;
  received = 0;
  unconsumed = 0;
  opened: boolean;
  ended = false;
  closed = false;

  constructor(number: number, toSend: number, opened: boolean) {
    this.number = number;
    this.toSend = toSend;
    this.opened = opened;
  }
}

/** One end of a pair whose payloads travel when the test says so. */
class End {
  readonly connection: Connection;
  readonly streams = new Map<number, Stream>();
  readonly underway: Uint8Array[] = [];

  constructor(fairShareBytes: number) {
    this.connection = new Connection({ fairShareBytes });
  }

  /** Hands over the oldest payload in a buffer that is overwritten afterwards, as the transport's is. */
  deliver(payload: Uint8Array, window: ChannelWindow, toSend: number): void {
    const lent = payload.slice();
    this.connection.receivePayload(lent);
    for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
      if (event.type === 'channel-requested') {
        this.connection.perform({ type: 'confirm-channel', channel: event.channel, window });
        this.streams.set(event.channel, new Stream(event.channel, toSend, true));
      } else if (event.type === 'data-received') {
        this.#check(event.channel, event.data);
      } else if (event.type === 'eof-received') {
        this.#stream(event.channel).ended = true;
      } else if (event.type === 'channel-closed') {
        this.#stream(event.channel).closed = true;
      } else if (event.type === 'channel-opened') {
        this.#stream(event.channel).opened = true;
      } else {
        assert.equal(event.type, 'sending-possible', JSON.stringify(event));
      }
    }
    lent.fill(0xee);
  }

  #stream(channel: number): Stream {
    const stream = this.streams.get(channel);
    assert.ok(stream);
    return stream;
  }

  #check(channel: number, data: Uint8Array): void {
    const stream = this.#stream(channel);
    const expected = Uint8Array.from(data, (_, i) => byteAt(channel, stream.received + i));
    assert.ok(equalBytes(data, expected), `channel ${channel} differs after ${stream.received} bytes`);
    stream.received += data.length;
    stream.unconsumed += data.length;
  }

  /** Queues some data, or the end of it. */
  send(stream: Stream, length: number): void {
    if (stream.sent === stream.toSend) return;
    const count = Math.min(length, stream.toSend - stream.sent);
    const data = Uint8Array.from({ length: count }, (_, i) => byteAt(stream.number, stream.sent + i));
    this.connection.perform({ type: 'send-data', channel: stream.number, data });
    stream.sent += count;
    if (stream.sent < stream.toSend) return;
    this.connection.perform({ type: 'send-eof', channel: stream.number });
  }

  consume(stream: Stream, bytes: number): void {
    const count = Math.min(bytes, stream.unconsumed);
    stream.unconsumed -= count;
    this.connection.perform({ type: 'consume', channel: stream.number, bytes: count });
  }
}

interface Shape {
  readonly seed: number;
  readonly channels: number;
  readonly window: ChannelWindow;
  readonly bytes: number;
  readonly fairShareBytes: number;
}

/** Runs until every stream has come whole and closed; fails when nothing goes on any more. */
function run({ seed, channels, window, bytes, fairShareBytes }: Shape): void {
  const random = new SeededRandom(seed);
  const ends = [new End(fairShareBytes), new End(fairShareBytes)] as const;
  for (let i = 0; i < channels; i++) {
    const channel = ends[0].connection.reserveChannel();
    ends[0].connection.perform({ type: 'open-channel', channel, channelType: 'session', fields: nothing, window });
    ends[0].streams.set(channel, new Stream(channel, bytes, false));
  }
  const chunk = Math.max(16, window.bytes);
  const open = (end: End) => [...end.streams.values()].filter(({ closed }) => !closed);
  for (let turn = 0; open(ends[0]).length + open(ends[1]).length > 0 || turn < 2; turn++) {
    assert.ok(turn < 2_000_000, 'nothing goes on');
    const from = random.below(2) as 0 | 1;
    const end = ends[from];
    const other = ends[1 - from] as End;
    for (const stream of open(end)) {
      if (stream.ended && stream.unconsumed === 0 && stream.sent === stream.toSend && random.once(2)) {
        if (end.connection.queuedBytes(stream.number) === 0) {
          end.connection.perform({ type: 'close-channel', channel: stream.number });
        }
      }
      if (stream.opened && end.connection.queuedBytes(stream.number) < chunk) end.send(stream, 1 + random.below(chunk));
      if (stream.unconsumed > 0 && random.once(2)) end.consume(stream, 1 + random.below(chunk));
      assert.ok(stream.unconsumed <= window.bytes);
    }
    if (random.once(2)) end.underway.push(...end.connection.takePayloads(random.pick([1, 100, 10_000, undefined])));
    const count = random.below(end.underway.length + 1);
    for (const payload of end.underway.splice(0, count)) other.deliver(payload, window, bytes);
  }
  for (const end of ends) {
    for (const stream of end.streams.values()) assert.equal(stream.received, bytes);
  }
}

test('megabytes go both ways byte for byte through tiny windows, in any interleaving (RFC 4254 section 5.2)', () => {
  run({ seed: 1, channels: 1, window: { bytes: 1000, maximumPacketBytes: 64 }, bytes: 1 << 20, fairShareBytes: 500 });
  run({
    seed: 2,
    channels: 3,
    window: { bytes: 65536, maximumPacketBytes: 32768 },
    bytes: 1 << 20,
    fairShareBytes: 65536,
  });
});

test('sixty-four channels at once come whole', () => {
  run({ seed: 3, channels: 64, window: { bytes: 700, maximumPacketBytes: 128 }, bytes: 20_000, fairShareBytes: 100 });
});

test('any window, packet size, share and interleaving delivers every byte and closes both sides', () => {
  const shape = fc.record({
    seed: fc.integer({ min: 1, max: 1 << 30 }),
    channels: fc.integer({ min: 1, max: 4 }),
    window: fc.record({
      bytes: fc.integer({ min: 1, max: 5000 }),
      maximumPacketBytes: fc.integer({ min: 64, max: 2000 }),
    }),
    bytes: fc.integer({ min: 1, max: 3000 }),
    fairShareBytes: fc.integer({ min: 1, max: 3000 }),
  });
  fc.assert(fc.property(shape, run), { seed: 4254, numRuns: 60 });
});

test('a fast channel does not keep a slow one waiting: each turn carries both', () => {
  const ours = new End(1000);
  const theirs = new End(1000);
  const window = { bytes: 1 << 20, maximumPacketBytes: 1000 };
  for (const channel of [0, 1]) {
    assert.equal(ours.connection.reserveChannel(), channel);
    ours.connection.perform({ type: 'open-channel', channel, channelType: 'session', fields: nothing, window });
    ours.streams.set(channel, new Stream(channel, 0, false));
  }
  for (const payload of ours.connection.takePayloads()) theirs.deliver(payload, window, 0);
  for (const payload of theirs.connection.takePayloads()) ours.deliver(payload, window, 0);
  ours.connection.perform({ type: 'send-data', channel: 0, data: new Uint8Array(1 << 20) });
  ours.connection.takePayloads(5000);
  ours.connection.perform({ type: 'send-data', channel: 1, data: Uint8Array.of(1) });
  const recipients = ours.connection.takePayloads(3000).map((payload) => payload[4]);
  assert.ok(recipients.includes(1), recipients.join(' '));
});
