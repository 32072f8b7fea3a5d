// An account process outlives the monitor, but not with questions that nobody will answer.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callOfNumber, limitsOf } from '@sallyport/protocol/codec/frame-table';
import { encodeTransportSnapshot } from '@sallyport/protocol/transport/snapshot';
import type { ByteStream } from '@sallyport/system/byte-stream';
import { TransportPair, testCrypto, testPreferences } from '@sallyport/testing/transport-pair';
import { memoryStreams } from 'sallyport/driver/memory-stream';
import { FrameChannel } from '../frames/frame-channel.ts';
import { accountCalls, accountCommands } from '../monitor/calls.ts';
import { AccountProcess } from './account-process.ts';

const end = { address: '192.0.2.1', port: 22 };
const grant = { user: 'alice', peer: end, clientAlive: { intervalMs: 0, maximumCount: 3 } };
const settings = {
  identification: 'SSH-2.0-Sallyport_0.1',
  preferences: testPreferences('server'),
  publicKeyAlgorithms: [],
  rekeyLimits: {},
  logThreshold: 2,
};

/** Carries the client's bytes, as its driver would. */
function serveClient(pair: TransportPair, stream: ByteStream): void {
  const send = (): void => {
    pair.settle('client');
    stream.write(pair.client.transport.takeOutput());
  };
  stream.onData = (chunk) => {
    pair.client.transport.receive(chunk);
    send();
  };
  stream.onEnd = () => stream.destroy();
  stream.resume();
  send();
}

test('a connection whose re-keying waits for a signature ends when the monitor is gone', {
  timeout: 20_000,
}, async () => {
  const crypto = testCrypto();
  const pair = new TransportPair(crypto, {});
  pair.establish();
  const snapshot = pair.server.transport.intoSnapshot();
  const [clientEnd, serverEnd] = memoryStreams();
  const [monitorEnd, accountEnd] = memoryStreams();
  const stopped = new Promise<void>((resolve) => {
    const { hostKeys = [] } = pair.transportOptions('server');
    const options = {
      crypto,
      monitor: accountEnd,
      settings: { ...settings, hostKeys },
      takeStream: () => serverEnd,
      onStopped: resolve,
    };
    assert.ok(new AccountProcess(options));
  });
  const asked = new Promise<FrameChannel>((resolve) => {
    const channel: FrameChannel = new FrameChannel(monitorEnd, {
      limitBytes: limitsOf(accountCalls),
      frame: (number) => {
        if (callOfNumber(accountCalls, number) === 'sign') resolve(channel);
      },
      closed: () => undefined,
    });
    channel.send(accountCommands.adopt, {
      connection: 1,
      sessionId: snapshot.session.sessionId,
      snapshot: encodeTransportSnapshot(snapshot),
      grant: JSON.stringify(grant),
    });
  });
  pair.client.transport.perform({ type: 'rekey' });
  serveClient(pair, clientEnd);
  (await asked).destroy();
  await stopped;
});
