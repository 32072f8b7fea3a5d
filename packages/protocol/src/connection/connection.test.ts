import assert from 'node:assert/strict';
import { test } from 'node:test';
import { directTcpipFields, openFailureReasons } from '../messages/connection.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { Connection } from './connection.ts';
import type { ChannelWindow, ConnectionCommand, ConnectionEvent } from './events.ts';

const nothing = new Uint8Array(0);

/** Two connections back to back; `ours` opens channels. */
class Pair {
  readonly ours = new Connection();
  readonly theirs = new Connection();

  /** Moves payloads both ways until neither side has any. */
  move(): void {
    for (;;) {
      const there = this.ours.takePayloads();
      const back = this.theirs.takePayloads();
      if (there.length + back.length === 0) return;
      for (const payload of there) this.theirs.receivePayload(payload);
      for (const payload of back) this.ours.receivePayload(payload);
    }
  }

  do(side: 'ours' | 'theirs', ...commands: ConnectionCommand[]): void {
    for (const command of commands) this[side].perform(command);
    this.move();
  }

  /** All events of a side that wait. */
  events(side: 'ours' | 'theirs'): ConnectionEvent[] {
    const events: ConnectionEvent[] = [];
    for (let event = this[side].nextEvent(); event !== undefined; event = this[side].nextEvent()) events.push(event);
    return events;
  }

  /** An open session channel: its number on our and on their side. */
  open(window?: ChannelWindow): [number, number] {
    const channel = this.ours.reserveChannel();
    const given = window === undefined ? {} : { window };
    this.do('ours', { type: 'open-channel', channel, channelType: 'session', fields: nothing, ...given });
    const [requested] = this.events('theirs');
    assert.ok(requested?.type === 'channel-requested');
    this.do('theirs', { type: 'confirm-channel', channel: requested.channel, ...given });
    assert.deepEqual(this.events('ours'), [{ type: 'channel-opened', channel, fields: nothing }]);
    return [channel, requested.channel];
  }
}

test('a channel is asked for, confirmed, carries data and stderr both ways and closes (RFC 4254 section 5)', () => {
  const pair = new Pair();
  const [ours, theirs] = pair.open();
  pair.do('ours', { type: 'send-data', channel: ours, data: utf8Encode('to them') });
  const [received] = pair.events('theirs');
  assert.ok(received?.type === 'data-received');
  assert.equal(received.extended, undefined);
  assert.equal(utf8Decode(received.data), 'to them');
  pair.do(
    'theirs',
    { type: 'send-data', channel: theirs, data: utf8Encode('out') },
    { type: 'send-data', channel: theirs, extended: 1, data: utf8Encode('err') },
    { type: 'send-eof', channel: theirs },
    { type: 'close-channel', channel: theirs },
  );
  const events = pair.events('ours').map((event) => ({ ...event, data: 'data' in event && utf8Decode(event.data) }));
  assert.deepEqual(events, [
    { type: 'sending-possible', channel: ours, data: false },
    { type: 'data-received', channel: ours, extended: undefined, data: 'out' },
    { type: 'data-received', channel: ours, extended: 1, data: 'err' },
    { type: 'eof-received', channel: ours, data: false },
    { type: 'channel-closed', channel: ours, data: false },
  ]);
  assert.deepEqual(pair.events('theirs'), [
    { type: 'sending-possible', channel: theirs },
    { type: 'channel-closed', channel: theirs },
  ]);
});

test('an owner is told when little is queued, and again when all of it has left, also before an EOF', () => {
  const pair = new Pair();
  const [channel] = pair.open({ bytes: 1 << 20, maximumPacketBytes: 32768 });
  const told = (limitBytes: number) => {
    pair.ours.takePayloads(limitBytes);
    return pair.events('ours').map(({ type }) => type);
  };
  pair.ours.perform({ type: 'send-data', channel, data: new Uint8Array(300_000) });
  assert.deepEqual(told(65_536), []);
  assert.deepEqual(told(180_000), ['sending-possible']);
  assert.ok(pair.ours.queuedBytes(channel) > 0);
  pair.ours.perform({ type: 'send-eof', channel });
  assert.deepEqual(told(100_000), ['sending-possible']);
  assert.equal(pair.ours.queuedBytes(channel), 0);
  assert.deepEqual(told(100_000), []);
});

test('the peer learns why its channel is refused, and the number is used again (RFC 4254 section 5.1)', () => {
  const pair = new Pair();
  const channel = pair.ours.reserveChannel();
  const fields = directTcpipFields.encode({
    host: 'example.org',
    port: 80,
    originatorAddress: '::1',
    originatorPort: 1,
  });
  pair.do('ours', { type: 'open-channel', channel, channelType: 'direct-tcpip', fields });
  const [requested] = pair.events('theirs');
  assert.ok(requested?.type === 'channel-requested');
  assert.equal(requested.channelType, 'direct-tcpip');
  assert.equal(directTcpipFields.decode(requested.fields).host, 'example.org');
  const reason = openFailureReasons.connectFailed;
  pair.do('theirs', { type: 'refuse-channel', channel: requested.channel, reason, description: 'no route' });
  assert.deepEqual(pair.events('ours'), [{ type: 'channel-refused', channel, reason, description: 'no route' }]);
  assert.equal(pair.ours.reserveChannel(), channel);
  assert.equal(pair.theirs.reserveChannel(), requested.channel);
});

test('data waits for the window that the peer grants as its owner consumes (RFC 4254 section 5.2)', () => {
  const pair = new Pair();
  const [ours, theirs] = pair.open({ bytes: 1000, maximumPacketBytes: 400 });
  const data = Uint8Array.from({ length: 2500 }, (_, i) => i);
  pair.do('ours', { type: 'send-data', channel: ours, data });
  const sizes = (events: ConnectionEvent[]) =>
    events.map((event) => event.type === 'data-received' && event.data.length);
  assert.deepEqual(sizes(pair.events('theirs')), [400, 400, 200]);
  assert.equal(pair.ours.queuedBytes(ours), 1500);
  pair.do('theirs', { type: 'consume', channel: theirs, bytes: 1000 });
  assert.deepEqual(sizes(pair.events('theirs')), [400, 400, 200]);
  pair.do('theirs', { type: 'consume', channel: theirs, bytes: 1000 });
  const last = pair.events('theirs');
  assert.deepEqual(sizes(last), [400, 100]);
  assert.ok(last[0]?.type === 'data-received');
  assert.deepEqual(last[0].data, data.subarray(2000, 2400));
});

test('small slices leave as one message, and each channel sends its fair share in turn', () => {
  const pair = new Pair();
  const numbers = [pair.open(), pair.open()].map(([ours]) => ours);
  for (const channel of numbers) {
    for (let i = 0; i < 100; i++) {
      pair.ours.perform({ type: 'send-data', channel, data: new Uint8Array(2048).fill(channel) });
    }
  }
  const sent = pair.ours.takePayloads().map((payload) => [payload[4], payload.length - 9]);
  const share = (channel: number) => [
    [channel, 32768],
    [channel, 32768],
  ];
  const rest = (channel: number) => [[channel, 8192]];
  assert.deepEqual(sent, [share(0), share(1), share(0), share(1), share(0), share(1), rest(0), rest(1)].flat());
});

test('takePayloads stops at its limit and goes on with the next channel', () => {
  const pair = new Pair();
  const numbers = [pair.open(), pair.open()].map(([ours]) => ours);
  for (const channel of numbers) pair.ours.perform({ type: 'send-data', channel, data: new Uint8Array(200_000) });
  const recipients = () => pair.ours.takePayloads(65_536).map((payload) => payload[4]);
  assert.deepEqual(recipients(), [0, 0]);
  assert.deepEqual(recipients(), [1, 1]);
  assert.deepEqual(recipients(), [0, 0]);
});

test('channel requests are answered in order and carry the token of who asked (RFC 4254 section 5.4)', () => {
  const pair = new Pair();
  const [ours, theirs] = pair.open();
  const ask = (request: string, token?: number): ConnectionCommand => ({
    type: 'request-channel',
    channel: ours,
    request,
    fields: nothing,
    ...(token === undefined ? {} : { token }),
  });
  pair.do('ours', ask('shell', 7), ask('window-change'), ask('unheard-of@example.org', 8));
  const requests = pair.events('theirs').map((event) => event.type === 'channel-request-received' && event.request);
  assert.deepEqual(requests, ['shell', 'window-change', 'unheard-of@example.org']);
  pair.do('theirs', { type: 'reply-channel-request', channel: theirs, success: true });
  pair.do('theirs', { type: 'reply-channel-request', channel: theirs, success: false });
  assert.deepEqual(pair.events('ours'), [
    { type: 'channel-request-answered', channel: ours, token: 7, success: true },
    { type: 'channel-request-answered', channel: ours, token: 8, success: false },
  ]);
});

test('global requests are answered in order, and an answer may carry fields (RFC 4254 section 4)', () => {
  const pair = new Pair();
  pair.do(
    'ours',
    { type: 'request-global', request: 'tcpip-forward', fields: utf8Encode('x'), token: 1 },
    { type: 'request-global', request: 'no-more-sessions@openssh.com', fields: nothing },
    { type: 'request-global', request: 'keepalive@openssh.com', fields: nothing, token: 2 },
  );
  const wanted = pair.events('theirs').map((event) => event.type === 'global-request-received' && event.wantReply);
  assert.deepEqual(wanted, [true, false, true]);
  pair.do('theirs', { type: 'reply-global-request', success: true, fields: utf8Encode('port') });
  pair.do('theirs', { type: 'reply-global-request', success: false });
  assert.deepEqual(pair.events('ours'), [
    { type: 'global-request-answered', token: 1, success: true, fields: utf8Encode('port') },
    { type: 'global-request-answered', token: 2, success: false, fields: nothing },
  ]);
});

test('a close with discard drops what is queued; without it the queue leaves first', () => {
  for (const discard of [false, true]) {
    const pair = new Pair();
    const [ours, theirs] = pair.open({ bytes: 100, maximumPacketBytes: 100 });
    pair.ours.perform({ type: 'send-data', channel: ours, data: new Uint8Array(150) });
    pair.do('ours', { type: 'close-channel', channel: ours, discard });
    const types = pair.events('theirs').map(({ type }) => type);
    assert.deepEqual(types, discard ? ['channel-closed'] : ['data-received']);
    if (discard) continue;
    pair.do('theirs', { type: 'consume', channel: theirs, bytes: 100 });
    assert.deepEqual(
      pair.events('theirs').map(({ type }) => type),
      ['data-received', 'channel-closed'],
    );
  }
});

test('a channel that is closed before the peer has answered its open is closed when the answer comes', () => {
  const pair = new Pair();
  const channel = pair.ours.reserveChannel();
  pair.ours.perform({ type: 'open-channel', channel, channelType: 'session', fields: nothing });
  pair.do('ours', { type: 'close-channel', channel });
  const [requested] = pair.events('theirs');
  assert.ok(requested?.type === 'channel-requested');
  pair.do('theirs', { type: 'confirm-channel', channel: requested.channel });
  assert.deepEqual(pair.events('ours'), [{ type: 'channel-closed', channel }]);
  assert.deepEqual(pair.events('theirs'), [{ type: 'channel-closed', channel: requested.channel }]);
});
