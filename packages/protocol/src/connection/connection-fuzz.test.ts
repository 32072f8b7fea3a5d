import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import * as messages from '../messages/connection.ts';
import { Connection } from './connection.ts';
import type { ConnectionCommand } from './events.ts';

const nothing = new Uint8Array(0);
const windows = [0, 1, 64, 1000, 0x7fffffff, 0xffffffff];

/** What a peer may send at any time as long as channel 0 is open. */
function legalPayload(random: SeededRandom): Uint8Array {
  const recipient = 0;
  const fields = random.bytes(random.below(8));
  return random.pick([
    () => messages.globalRequest.encode({ type: 'x', wantReply: random.once(2), fields }),
    () => messages.channelOpen.encode({ type: 'x', sender: 1, windowBytes: 1000, maximumPacketBytes: 64, fields }),
    () => messages.channelWindowAdjust.encode({ recipient, bytes: random.below(1000) }),
    () => messages.channelData.encode({ recipient, data: random.bytes(random.below(100)) }),
    () => messages.channelExtendedData.encode({ recipient, type: random.below(3), data: fields }),
    () => messages.channelRequest.encode({ recipient, type: 'x', wantReply: random.once(2), fields }),
    () => messages.channelSuccess.encode({ recipient }),
  ])();
}

function openedConnection(): Connection {
  const connection = new Connection({ maximumChannels: 8 });
  const channel = connection.reserveChannel();
  connection.perform({ type: 'open-channel', channel, channelType: 'x', fields: nothing });
  const peer = { recipient: channel, sender: 0, windowBytes: 1000, maximumPacketBytes: 1000, fields: nothing };
  connection.receivePayload(messages.channelOpenConfirmation.encode(peer));
  return connection;
}

function randomPayload(random: SeededRandom): Uint8Array {
  const recipient = random.pick([0, 0, 0, 1, 2, 3, 0xffffffff]);
  const common = { recipient, sender: random.below(4), windowBytes: random.pick(windows) };
  const sized = { ...common, maximumPacketBytes: random.pick([0, 64, 1000, 0xffffffff]) };
  const fields = random.bytes(random.below(8));
  const data = random.bytes(random.below(100));
  const wantReply = random.once(2);
  return random.pick([
    () => messages.globalRequest.encode({ type: 'x', wantReply, fields }),
    () => messages.requestSuccess.encode({ fields }),
    () => messages.requestFailure.encode({}),
    () => messages.channelOpen.encode({ type: 'session', ...sized, fields }),
    () => messages.channelOpenConfirmation.encode({ ...sized, fields }),
    () => messages.channelOpenFailure.encode({ recipient, reason: 2, description: 'x', language: '' }),
    () => messages.channelWindowAdjust.encode({ recipient, bytes: random.pick(windows) }),
    () => messages.channelData.encode({ recipient, data }),
    () => messages.channelExtendedData.encode({ recipient, type: random.below(3), data }),
    () => messages.channelEof.encode({ recipient }),
    () => messages.channelClose.encode({ recipient }),
    () => messages.channelRequest.encode({ recipient, type: 'x', wantReply, fields }),
    () => messages.channelSuccess.encode({ recipient }),
    () => messages.channelFailure.encode({ recipient }),
  ])();
}

function randomCommand(random: SeededRandom, reserve: () => number): ConnectionCommand {
  const channel = random.below(4);
  const window = { bytes: random.pick(windows), maximumPacketBytes: 1000 };
  return random.pick<() => ConnectionCommand>([
    () => ({ type: 'open-channel', channel: reserve(), channelType: 'x', fields: nothing, window }),
    () => ({ type: 'confirm-channel', channel, window }),
    () => ({ type: 'refuse-channel', channel, reason: 1, description: '' }),
    () => ({ type: 'send-data', channel, data: new Uint8Array(random.below(3000)) }),
    () => ({ type: 'send-data', channel, extended: 1, data: new Uint8Array(random.below(3000)) }),
    () => ({ type: 'send-eof', channel }),
    () => ({ type: 'close-channel', channel, discard: random.once(2) }),
    () => ({ type: 'consume', channel, bytes: random.below(100) }),
    () => ({ type: 'request-channel', channel, request: 'x', fields: nothing, token: 1 }),
    () => ({ type: 'reply-channel-request', channel, success: true }),
    () => ({ type: 'request-global', request: 'x', fields: nothing, token: 1 }),
    () => ({ type: 'reply-global-request', success: true }),
  ])();
}

/** Misuse throws a plain Error by contract; anything else that comes out of an engine is a bug. */
function performOrMisuse(connection: Connection, command: () => ConnectionCommand): void {
  try {
    connection.perform(command());
  } catch (error) {
    assert.equal((error as Error).constructor, Error, String(error));
  }
}

test('Connection turns random and damaged messages and commands into events, never into exceptions', () => {
  const ended = new Map<string, number>();
  for (let seed = 1; seed <= 3000; seed++) {
    const random = new SeededRandom(seed);
    const connection = openedConnection();
    const reserve = () => connection.reserveChannel();
    let code = 'goes on';
    for (let i = 0; i < 60 && code === 'goes on'; i++) {
      const payload = random.once(12) ? randomPayload(random) : legalPayload(random);
      connection.receivePayload(random.once(40) ? random.damage(payload) : payload);
      performOrMisuse(connection, () => randomCommand(random, reserve));
      for (let event = connection.nextEvent(); event !== undefined; event = connection.nextEvent()) {
        if (event.type === 'failed') code = event.failure.code;
        else if (event.type === 'channel-requested' && random.once(2)) {
          const { channel } = event;
          performOrMisuse(connection, () => ({ type: 'confirm-channel', channel }));
        }
      }
      if (random.once(3)) assert.ok(connection.takePayloads().every((sent) => sent.length > 0));
      assert.ok(connection.pendingBytes < 100_000);
    }
    ended.set(code, (ended.get(code) ?? 0) + 1);
  }
  // The fuzz reaches every way to end, and runs that go on.
  const codes = ['channel-unknown', 'goes on', 'limit-exceeded', 'message-malformed', 'message-unexpected'];
  for (const code of [...codes, 'window-exceeded']) assert.ok((ended.get(code) ?? 0) > 0, `${code} is never reached`);
});
