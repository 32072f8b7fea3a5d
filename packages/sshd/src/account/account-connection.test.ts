// An account process takes over the transport whose session the monitor has signed, and no other.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeTransportSnapshot } from '@sallyport/protocol/transport/snapshot';
import { openDescriptor } from '@sallyport/system/descriptor-stream';
import { socketPair } from '@sallyport/system/descriptors';
import { TransportPair, testCrypto, testPreferences } from '@sallyport/testing/transport-pair';
import type { Grant } from '../authentication/grant.ts';
import { AccountConnection } from './account-connection.ts';

const end = { address: '192.0.2.1', port: 22 };
const grant = { user: 'alice', peer: end, clientAlive: { intervalMs: 0, maximumCount: 3 } } as unknown as Grant;
const settings = {
  identification: 'SSH-2.0-Sallyport_0.1',
  preferences: testPreferences('server'),
  hostKeys: [],
  publicKeyAlgorithms: [],
  rekeyLimits: {},
  logThreshold: 2,
};

test('AccountConnection takes a transport only with the session id that the monitor signed', () => {
  const crypto = testCrypto();
  const pair = new TransportPair(crypto, {});
  pair.establish();
  const snapshot = pair.server.transport.intoSnapshot();
  const { sessionId } = snapshot.session;
  const [fd, other] = socketPair('stream');
  const stream = openDescriptor(fd);
  const take = (signed: Uint8Array): AccountConnection =>
    new AccountConnection({
      crypto,
      stream,
      sessionId: signed,
      snapshot: encodeTransportSnapshot(snapshot),
      settings,
      grant,
      log: () => undefined,
      logDrain: () => undefined,
      sign: () => undefined,
      prove: () => undefined,
      onEnded: () => undefined,
    });
  const wrong = sessionId.slice();
  wrong[0] = (wrong[0] as number) ^ 1;
  assert.throws(() => take(wrong), /not the one that was signed/);
  assert.throws(() => take(new Uint8Array(0)), /not the one that was signed/);
  assert.ok(take(sessionId));
  stream.destroy();
  openDescriptor(other).destroy();
});
