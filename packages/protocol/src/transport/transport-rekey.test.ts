import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeOfEnd, established, eventsOf, payload, quick, roles, send } from '@sallyport/testing/quick-transports';
import { ScriptedTransportPeer } from '@sallyport/testing/scripted-transport-peer';
import { TransportPair, testCrypto } from '@sallyport/testing/transport-pair';
import type { Role } from '../algorithms/roles.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { maximumPayloadBytes } from './limits.ts';

const crypto = testCrypto();

describe('re-keying', () => {
  for (const starting of [['client'], ['server'], roles] as readonly (readonly Role[])[]) {
    test(`from ${starting.join(' and ')} keeps the session and loses nothing under load`, () => {
      const pair = established();
      const count = 400;
      let sent = 0;
      const sizes: number[] = [];
      while (sent < count) {
        for (const role of roles) send(pair, role, payload(1 + ((sent * 397) % 9000), sent));
        sizes.push(1 + ((sent * 397) % 9000));
        sent++;
        if (sent % 50 === 25) for (const role of starting) pair.side(role).transport.perform({ type: 'rekey' });
        // One direction at a time, in pieces, so that KEXINIT messages cross data on its way.
        if (sent % 3 === 0) pair.carry(sent % 2 === 0 ? 'client' : 'server', 5000);
      }
      pair.pump(3000);
      for (const role of roles) {
        assert.equal(pair.side(role).payloads.length, count);
        for (const [index, received] of pair.side(role).payloads.entries()) {
          assert.deepEqual(received, payload(sizes[index] as number, index));
        }
        const changes = eventsOf(pair.side(role).events, 'keys-changed');
        assert.ok(changes.length >= 3, `${changes.length} changes of keys`);
        for (const change of changes) assert.deepEqual(change.sessionId, changes[0]?.sessionId);
      }
    });
  }

  test('by bytes happens while data flows both ways, and everything arrives', () => {
    const rekeyLimits = { bytes: 64 * 1024 };
    const pair = established({ client: { rekeyLimits }, server: { rekeyLimits } });
    const count = 300;
    for (let i = 0; i < count; i++) {
      for (const role of roles) send(pair, role, payload(8000, i));
      pair.carry('client', 10_000);
      pair.carry('server', 10_000);
    }
    pair.pump();
    for (const role of roles) {
      assert.equal(pair.side(role).payloads.length, count);
      for (const [index, received] of pair.side(role).payloads.entries())
        assert.deepEqual(received, payload(8000, index));
      const changes = eventsOf(pair.side(role).events, 'keys-changed').length;
      assert.ok(changes > 20 && changes < 60, `${changes} changes of keys`);
    }
  });

  test('by bytes received starts here, too, when the peer has no such limit', () => {
    const pair = established({ server: { rekeyLimits: { bytes: 10_000 } } });
    for (let i = 0; i < 3; i++) send(pair, 'client', payload(5000, i));
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 2);
    assert.equal(pair.server.payloads.length, 3);
  });

  test('with the smallest limit lets packets through in between', () => {
    const pair = established({ client: { rekeyLimits: { bytes: 1 } } });
    for (let i = 0; i < 20; i++) {
      send(pair, 'client', payload(10, i));
      pair.pump();
    }
    assert.equal(pair.server.payloads.length, 20);
    assert.ok(eventsOf(pair.client.events, 'keys-changed').length >= 10);
  });

  test('does not happen by bytes before authentication is over, but does right after', () => {
    const pair = new TransportPair(crypto, { preferences: quick, client: { rekeyLimits: { bytes: 100 } } });
    pair.pump();
    for (let i = 0; i < 10; i++) send(pair, 'client', payload(200, i));
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 1);
    pair.client.transport.perform({ type: 'authenticated' });
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 2);
  });

  test('by time happens when the owner tells that it has come, counted from the last change of keys', () => {
    const pair = established({ client: { rekeyLimits: { intervalMs: 1000 }, now: 5000 } });
    const { transport } = pair.client;
    assert.equal(transport.deadline, 5000);
    transport.expire(5600);
    assert.equal(transport.deadline, 6600);
    transport.expire(6599);
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 1);
    transport.expire(6600);
    assert.equal(transport.deadline, undefined);
    pair.pump();
    assert.equal(eventsOf(pair.server.events, 'keys-changed').length, 2);
    transport.expire(7000);
    assert.equal(transport.deadline, 8000);
  });

  test('has no deadline without an interval, nor before authentication is over', () => {
    assert.equal(established().client.transport.deadline, undefined);
    const pair = new TransportPair(crypto, { preferences: quick, client: { rekeyLimits: { intervalMs: 10 } } });
    pair.pump();
    assert.equal(pair.client.transport.deadline, undefined);
    pair.client.transport.expire(1e6);
    assert.deepEqual(pair.client.transport.takeOutput(), []);
  });

  test('by command is ignored before the first keys and while keys are exchanged', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.client.transport.perform({ type: 'rekey' });
    pair.establish();
    for (let i = 0; i < 3; i++) pair.client.transport.perform({ type: 'rekey' });
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 2);
  });

  test('does not ask about a host key that was accepted', () => {
    const pair = established();
    pair.client.transport.perform({ type: 'rekey' });
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'host-key-offered').length, 1);
    assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 2);
  });
});

describe('what is sent while keys are exchanged', () => {
  test('waits, in order, and is counted (RFC 4253 section 7.1)', () => {
    const pair = established();
    const { transport } = pair.client;
    assert.equal(transport.sendingBlocked, false);
    transport.perform({ type: 'rekey' });
    const kexInitBytes = transport.pendingOutputBytes;
    assert.equal(transport.sendingBlocked, true);
    const lent = payload(500, 1);
    send(pair, 'client', lent);
    lent.fill(0);
    send(pair, 'client', payload(700, 2));
    assert.equal(transport.pendingOutputBytes, kexInitBytes + 1200);
    pair.pump();
    assert.equal(transport.sendingBlocked, false);
    assert.equal(transport.pendingOutputBytes, 0);
    assert.deepEqual(pair.server.payloads, [payload(500, 1), payload(700, 2)]);
  });

  test('may come in two parts, which are one payload on the wire', () => {
    const pair = established();
    const parts = { payload: payload(9, 1), data: payload(30_000, 2) };
    const whole = Uint8Array.from([...parts.payload, ...parts.data]);
    pair.client.transport.perform({ type: 'send', ...parts });
    pair.client.transport.perform({ type: 'rekey' });
    pair.client.transport.perform({ type: 'send', ...parts });
    parts.data.fill(0);
    pair.pump();
    assert.deepEqual(pair.server.payloads, [whole, whole]);
  });

  test('waits before the first keys, too', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    send(pair, 'client', payload(50));
    assert.equal(pair.client.transport.sendingBlocked, true);
    pair.pump();
    assert.deepEqual(pair.server.payloads, [payload(50)]);
  });

  test('may be no more than a limit, whose name the failure has', () => {
    const pair = established();
    pair.client.transport.perform({ type: 'rekey' });
    pair.client.transport.takeOutput();
    const large = payload(maximumPayloadBytes);
    for (let i = 0; i < 300; i++) send(pair, 'client', large);
    assert.equal(codeOfEnd(pair.client.transport.nextEvent()), 'limit-exceeded');
  });

  test('goes out as soon as our own keys are made, before the peer’s NEWKEYS', () => {
    const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
    const peer = new ScriptedTransportPeer('client', { crypto, hostKey, preferences: quick });
    peer.establish();
    peer.transport.perform({ type: 'authenticated' });
    peer.transport.perform({ type: 'rekey' });
    peer.transport.perform({ type: 'send', payload: payload(8) });
    peer.settle();
    const before = peer.received.length;
    peer.kexInit();
    assert.deepEqual(peer.numbers.slice(before), [30]);
    peer.reply();
    assert.deepEqual(peer.numbers.slice(before), [30, 21, 94]);
    assert.deepEqual(peer.received.at(-1), payload(8));
    assert.equal(eventsOf(peer.events, 'keys-changed').length, 1);
  });
});
