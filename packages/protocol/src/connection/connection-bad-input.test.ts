import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as messages from '../messages/connection.ts';
import { writeUint32 } from '../wire/bytes.ts';
import { maximumUnansweredRequests } from './channel.ts';
import { Connection } from './connection.ts';
import type { ChannelWindow, ConnectionCommand, ConnectionEvent } from './events.ts';

const nothing = new Uint8Array(0);
const peerWindow = { windowBytes: 1000, maximumPacketBytes: 1000 };

/** A connection whose peer is this test. */
class Scripted {
  readonly connection: Connection;

  constructor(maximumChannels?: number) {
    this.connection = new Connection(maximumChannels === undefined ? {} : { maximumChannels });
  }

  do(command: ConnectionCommand): void {
    this.connection.perform(command);
  }

  /** The peer sends; returns what comes of it. */
  receive(...payloads: readonly Uint8Array[]): ConnectionEvent[] {
    for (const payload of payloads) this.connection.receivePayload(payload);
    return this.events();
  }

  events(): ConnectionEvent[] {
    const events: ConnectionEvent[] = [];
    for (let event = this.connection.nextEvent(); event !== undefined; event = this.connection.nextEvent()) {
      events.push(event);
    }
    return events;
  }

  /** The code of the failure that the payloads bring, or the types of their events. */
  outcome(...payloads: readonly Uint8Array[]): string {
    const events = this.receive(...payloads);
    const failed = events.find((event) => event.type === 'failed');
    return failed === undefined ? events.map(({ type }) => type).join(' ') : failed.failure.code;
  }

  /** The numbers of the messages that wait to be sent. */
  sent(): number[] {
    return this.connection.takePayloads().map((payload) => payload[0] as number);
  }

  /** An open channel 0, opened by us; the peer's number is 7. */
  open(window: ChannelWindow = { bytes: 100, maximumPacketBytes: 80 }): this {
    const channel = this.connection.reserveChannel();
    this.do({ type: 'open-channel', channel, channelType: 'session', fields: nothing, window });
    assert.equal(this.outcome(confirmation({})), 'channel-opened');
    this.sent();
    return this;
  }
}

function confirmation(parts: Partial<{ recipient: number; windowBytes: number; maximumPacketBytes: number }>) {
  return messages.channelOpenConfirmation.encode({ recipient: 0, sender: 7, ...peerWindow, ...parts, fields: nothing });
}
function openRequest(parts: Partial<{ type: string; windowBytes: number; maximumPacketBytes: number }>) {
  return messages.channelOpen.encode({ type: 'session', sender: 7, ...peerWindow, ...parts, fields: nothing });
}
const data = (length: number, recipient = 0) =>
  messages.channelData.encode({ recipient, data: new Uint8Array(length) });
const extended = (type: number, length: number) =>
  messages.channelExtendedData.encode({ recipient: 0, type, data: new Uint8Array(length) });
const adjust = (bytes: number) => messages.channelWindowAdjust.encode({ recipient: 0, bytes });
const close = messages.channelClose.encode({ recipient: 0 });
const eof = messages.channelEof.encode({ recipient: 0 });

for (const recipient of [1, 0x7fffffff, 0x80000000, 0xffffffff]) {
  test(`a message for channel ${recipient}, which is not open, ends the connection (CVE-2002-0083)`, () => {
    assert.equal(new Scripted().open().outcome(data(1, recipient)), 'channel-unknown');
    const request = messages.channelRequest.encode({ recipient, type: 'shell', wantReply: true, fields: nothing });
    assert.equal(new Scripted().open().outcome(request), 'channel-unknown');
    assert.equal(new Scripted().open().outcome(confirmation({ recipient })), 'channel-unknown');
  });
}

test('data beyond the window or the maximum packet ends the connection (RFC 4254 section 5.2)', () => {
  assert.equal(new Scripted().open().outcome(data(80), data(20)), 'data-received data-received');
  assert.equal(new Scripted().open().outcome(data(80), data(21)), 'window-exceeded');
  assert.equal(new Scripted().open().outcome(data(81)), 'window-exceeded');
  assert.equal(new Scripted().open().outcome(extended(1, 80), extended(1, 21)), 'window-exceeded');
});

test('empty data is nothing, however often it comes', () => {
  assert.equal(new Scripted().open().outcome(...Array.from({ length: 1000 }, () => data(0))), '');
});

test('a length of channel data that is not that of the message is malformed', () => {
  for (const change of [-1, 1, 0xffffffff - 4]) {
    for (const payload of [data(4), extended(1, 4)]) {
      writeUint32(payload, payload.length - 8, 4 + change);
      assert.equal(new Scripted().open().outcome(payload), 'message-malformed', String(change));
    }
  }
  for (let length = 1; length < 9; length++) {
    assert.equal(new Scripted().open().outcome(data(4).subarray(0, length)), 'message-malformed');
  }
  for (let length = 1; length < 13; length++) {
    assert.equal(new Scripted().open().outcome(extended(1, 4).subarray(0, length)), 'message-malformed');
  }
});

test('extended data of an unknown type is dropped and its window given back', () => {
  const scripted = new Scripted().open();
  for (let i = 0; i < 1000; i++) {
    assert.equal(scripted.outcome(extended([0, 2, 2 ** 31][i % 3] as number, 60)), '');
    assert.deepEqual(scripted.sent(), [93]);
  }
});

test('a window adjust of another length is malformed', () => {
  const whole = adjust(1);
  for (let length = 1; length < whole.length; length++) {
    assert.equal(new Scripted().open().outcome(whole.subarray(0, length)), 'message-malformed');
  }
  assert.equal(new Scripted().open().outcome(Uint8Array.of(...whole, 0)), 'message-malformed');
});

test('a window adjust beyond 2^32 - 1 ends the connection, one of zero does not (GHSA-h5rc-j5f5-3gcm)', () => {
  assert.equal(new Scripted().open().outcome(adjust(0), adjust(0xffffffff - 1000)), '');
  assert.equal(new Scripted().open().outcome(adjust(0xffffffff - 999)), 'window-exceeded');
  assert.equal(new Scripted().open().outcome(adjust(0xffffffff)), 'window-exceeded');
});

test('data after EOF ends the connection, a second EOF does not', () => {
  assert.equal(new Scripted().open().outcome(eof, eof), 'eof-received');
  assert.equal(new Scripted().open().outcome(eof, data(1)), 'message-unexpected');
  assert.equal(new Scripted().open().outcome(eof, extended(1, 1)), 'message-unexpected');
  assert.equal(new Scripted().open().outcome(eof, data(0)), 'message-unexpected');
});

test('after CLOSE the channel is unknown: data, EOF, requests and CLOSE end the connection', () => {
  const request = messages.channelRequest.encode({ recipient: 0, type: 'x', wantReply: false, fields: nothing });
  for (const late of [data(1), eof, close, request]) {
    assert.equal(new Scripted().open().outcome(close, late), 'channel-unknown');
  }
});

test('after our CLOSE nothing of the channel reaches the owner, and requests are not answered (CVE-2026-59850)', () => {
  const scripted = new Scripted().open();
  scripted.do({ type: 'close-channel', channel: 0 });
  assert.deepEqual(scripted.sent(), [97]);
  const request = messages.channelRequest.encode({ recipient: 0, type: 'x', wantReply: true, fields: nothing });
  assert.equal(scripted.outcome(data(50), extended(1, 50), request, eof, adjust(1)), '');
  assert.equal(scripted.outcome(close), 'channel-closed');
  assert.deepEqual(scripted.sent(), []);
});

test('CLOSE of the peer is answered once, whatever is queued', () => {
  const scripted = new Scripted().open();
  scripted.do({ type: 'send-data', channel: 0, data: new Uint8Array(5000) });
  assert.equal(scripted.outcome(close), 'channel-closed');
  assert.deepEqual(scripted.sent(), [97]);
  assert.equal(scripted.connection.queuedBytes(0), 0);
});

test('an open with too small a maximum packet is refused, and a confirmation with one ends the connection', () => {
  for (const maximumPacketBytes of [0, 1, 63]) {
    const scripted = new Scripted();
    assert.equal(scripted.outcome(openRequest({ maximumPacketBytes })), '');
    assert.deepEqual(scripted.sent(), [92]);
    const client = new Scripted();
    client.do({ type: 'open-channel', channel: client.connection.reserveChannel(), channelType: 'x', fields: nothing });
    assert.equal(client.outcome(confirmation({ maximumPacketBytes })), 'limit-exceeded');
  }
  assert.equal(new Scripted().outcome(openRequest({ maximumPacketBytes: 64 })), 'channel-requested');
});

test('a peer that takes packets of any size gets none above 128 KiB', () => {
  const scripted = new Scripted();
  scripted.do({
    type: 'open-channel',
    channel: scripted.connection.reserveChannel(),
    channelType: 'x',
    fields: nothing,
  });
  scripted.receive(confirmation({ windowBytes: 0xffffffff, maximumPacketBytes: 0xffffffff }));
  scripted.sent();
  scripted.do({ type: 'send-data', channel: 0, data: new Uint8Array(300_000) });
  const sizes = scripted.connection.takePayloads().map((payload) => payload.length - 9);
  assert.deepEqual(sizes, [131_072, 131_072, 300_000 - 262_144]);
});

test('with a window of zero nothing is sent until the peer grants some', () => {
  const scripted = new Scripted();
  scripted.do({
    type: 'open-channel',
    channel: scripted.connection.reserveChannel(),
    channelType: 'x',
    fields: nothing,
  });
  scripted.receive(confirmation({ windowBytes: 0 }));
  scripted.sent();
  scripted.do({ type: 'send-data', channel: 0, data: new Uint8Array(10) });
  assert.deepEqual(scripted.sent(), []);
  scripted.receive(adjust(4));
  assert.deepEqual(
    scripted.connection.takePayloads().map(({ length }) => length - 9),
    [4],
  );
  assert.equal(scripted.connection.queuedBytes(0), 6);
});

test('no more channels than the maximum are open at once: the rest is refused', () => {
  const scripted = new Scripted(100);
  for (let i = 0; i < 100_000; i++) scripted.connection.receivePayload(openRequest({}));
  assert.equal(scripted.events().length, 100);
  const refused = scripted.connection.takePayloads().map((payload) => messages.channelOpenFailure.decode(payload));
  assert.equal(refused.length, 99_900);
  assert.equal(refused[0]?.reason, messages.openFailureReasons.resourceShortage);
  const channel = scripted.connection.reserveChannel();
  scripted.do({ type: 'open-channel', channel, channelType: 'x', fields: nothing });
  assert.equal(scripted.outcome(), 'channel-refused');
  assert.equal(scripted.connection.reserveChannel(), channel);
});

test('16384 channels may be open unless told otherwise', () => {
  const scripted = new Scripted();
  for (let i = 0; i < 16_385; i++) scripted.connection.receivePayload(openRequest({}));
  assert.equal(scripted.events().length, 16_384);
  assert.deepEqual(scripted.sent(), [92]);
});

test('a hundred thousand channels that are refused one after another use one number (CVE-2026-39827)', () => {
  const scripted = new Scripted();
  const reason = messages.openFailureReasons.administrativelyProhibited;
  for (let i = 0; i < 100_000; i++) {
    const [event] = scripted.receive(openRequest({ type: 'unknown@example.org' }));
    assert.ok(event?.type === 'channel-requested' && event.channel === 0);
    scripted.do({ type: 'refuse-channel', channel: 0, reason, description: 'no' });
    scripted.connection.takePayloads();
  }
});

test('a number is given out again only when its owner has seen that the channel is gone', () => {
  const scripted = new Scripted().open();
  scripted.connection.receivePayload(close);
  scripted.do({ type: 'send-data', channel: 0, data: new Uint8Array(10) });
  scripted.do({ type: 'consume', channel: 0, bytes: 10 });
  assert.equal(scripted.connection.reserveChannel(), 1);
  assert.equal(scripted.outcome(), 'channel-closed');
  assert.equal(scripted.connection.reserveChannel(), 0);
});

test('a flood of answers to nothing does nothing (CVE-2026-39830)', () => {
  const scripted = new Scripted().open();
  const answers = [
    messages.channelSuccess.encode({ recipient: 0 }),
    messages.channelFailure.encode({ recipient: 0 }),
    messages.channelSuccess.encode({ recipient: 99 }),
    messages.requestSuccess.encode({ fields: nothing }),
    messages.requestFailure.encode({}),
  ];
  for (let i = 0; i < 100_000; i++) scripted.connection.receivePayload(answers[i % answers.length] as Uint8Array);
  assert.deepEqual(scripted.events(), []);
  assert.deepEqual(scripted.sent(), []);
});

test('requests that nobody answers end the connection at a limit; answered ones never do', () => {
  const request = messages.channelRequest.encode({ recipient: 0, type: 'env', wantReply: true, fields: nothing });
  const globalRequest = messages.globalRequest.encode({ type: 'x', wantReply: true, fields: nothing });
  for (const payload of [request, globalRequest]) {
    const unanswered = new Scripted().open();
    const flood = Array.from({ length: maximumUnansweredRequests }, () => payload);
    assert.equal(unanswered.outcome(...flood).includes('limit'), false);
    assert.equal(unanswered.outcome(payload), 'limit-exceeded');
    const answered = new Scripted().open();
    for (let i = 0; i < 20_000; i++) {
      answered.receive(payload);
      if (payload === request) answered.do({ type: 'reply-channel-request', channel: 0, success: false });
      else answered.do({ type: 'reply-global-request', success: false });
      assert.deepEqual(answered.sent(), [payload === request ? 100 : 82]);
    }
  }
});

test('requests that wait for an answer are answered with failure when the channel closes', () => {
  const scripted = new Scripted().open();
  for (const token of [1, 2]) {
    scripted.do({ type: 'request-channel', channel: 0, request: 'x', fields: nothing, token });
  }
  const events = scripted.receive(messages.channelSuccess.encode({ recipient: 0 }), close);
  assert.deepEqual(events, [
    { type: 'channel-request-answered', channel: 0, token: 1, success: true },
    { type: 'channel-request-answered', channel: 0, token: 2, success: false },
    { type: 'channel-closed', channel: 0 },
  ]);
});

test('pendingBytes counts what no window bounds, and a limit leaves the rest', () => {
  const scripted = new Scripted().open();
  scripted.do({ type: 'send-data', channel: 0, data: new Uint8Array(500) });
  assert.equal(scripted.connection.pendingBytes, 0);
  for (let i = 0; i < 10; i++) scripted.do({ type: 'request-global', request: 'x', fields: nothing });
  const all = scripted.connection.pendingBytes;
  const [first] = scripted.connection.takePayloads(1);
  assert.equal(scripted.connection.pendingBytes, all - (first?.length ?? 0));
});

test('window is not granted while output is not taken, and then in one message', () => {
  const scripted = new Scripted().open();
  for (let i = 0; i < 10; i++) {
    scripted.receive(data(10));
    scripted.do({ type: 'consume', channel: 0, bytes: 10 });
  }
  assert.equal(scripted.outcome(data(1)), 'window-exceeded');
  const taking = new Scripted().open();
  taking.receive(data(80));
  for (let i = 0; i < 8; i++) taking.do({ type: 'consume', channel: 0, bytes: 10 });
  const granted = taking.connection.takePayloads().map((payload) => messages.channelWindowAdjust.decode(payload));
  assert.deepEqual(granted, [{ recipient: 7, bytes: 80 }]);
});

test('no window is granted to a peer that has ended, and it is granted to one while we have ended', () => {
  const peerEnded = new Scripted().open();
  peerEnded.receive(data(80), eof);
  peerEnded.do({ type: 'consume', channel: 0, bytes: 80 });
  assert.deepEqual(peerEnded.sent(), []);
  const weEnded = new Scripted().open();
  weEnded.do({ type: 'send-eof', channel: 0 });
  weEnded.receive(data(80));
  weEnded.do({ type: 'consume', channel: 0, bytes: 80 });
  assert.deepEqual(weEnded.sent(), [93, 96]);
  weEnded.receive(data(80));
  weEnded.do({ type: 'consume', channel: 0, bytes: 80 });
  assert.deepEqual(weEnded.sent(), [93]);
});

test('we may send and end after the EOF of the peer', () => {
  const scripted = new Scripted().open();
  scripted.receive(eof);
  scripted.do({ type: 'send-data', channel: 0, data: new Uint8Array(1) });
  scripted.do({ type: 'send-eof', channel: 0 });
  assert.deepEqual(scripted.sent(), [94, 96]);
  assert.deepEqual(scripted.sent(), []);
});

test('misuse throws and sends nothing', () => {
  const scripted = new Scripted().open();
  const { connection } = scripted;
  const misuse = (command: ConnectionCommand, message: RegExp) =>
    assert.throws(() => connection.perform(command), message, command.type);
  misuse({ type: 'send-data', channel: 5, data: nothing }, /no channel 5/);
  misuse({ type: 'confirm-channel', channel: 0 }, /has not been requested/);
  misuse({ type: 'reply-channel-request', channel: 0, success: true }, /no request to answer/);
  misuse({ type: 'reply-global-request', success: true }, /no global request/);
  misuse({ type: 'open-channel', channel: 77, channelType: 'x', fields: nothing }, /not reserved/);
  const opening = connection.reserveChannel();
  connection.perform({ type: 'open-channel', channel: opening, channelType: 'x', fields: nothing });
  misuse({ type: 'send-data', channel: opening, data: nothing }, /is not open/);
  const [requested] = scripted.receive(openRequest({}));
  assert.ok(requested?.type === 'channel-requested');
  misuse({ type: 'send-eof', channel: requested.channel }, /has been requested/);
  connection.perform({ type: 'send-eof', channel: 0 });
  misuse({ type: 'send-data', channel: 0, data: nothing }, /after the end/);
  connection.perform({ type: 'close-channel', channel: 0 });
  misuse({ type: 'request-channel', channel: 0, request: 'x', fields: nothing }, /after the close/);
  assert.deepEqual(scripted.sent(), [90, 96, 97]);
});

test('closing and ending twice sends each once', () => {
  const scripted = new Scripted().open();
  for (let i = 0; i < 2; i++) {
    scripted.do({ type: 'send-eof', channel: 0 });
    scripted.do({ type: 'close-channel', channel: 0 });
    assert.deepEqual(scripted.sent(), i === 0 ? [96, 97] : []);
  }
});
