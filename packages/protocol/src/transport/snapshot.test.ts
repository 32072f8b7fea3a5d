import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { protectionMatrix } from '@sallyport/testing/protection-matrix';
import { TransportPair, testCrypto } from '@sallyport/testing/transport-pair';
import type { Role } from '../algorithms/roles.ts';
import { DecodeError } from '../wire/decode-error.ts';
import {
  decodeTransportSnapshot,
  encodeTransportSnapshot,
  maximumSnapshotBytes,
  type TransportSnapshot,
} from './snapshot.ts';
import { Transport } from './transport.ts';

const crypto = testCrypto();

const roles: readonly Role[] = ['client', 'server'];
const keyExchanges = ['curve25519-sha256'];
const other = (role: Role): Role => (role === 'client' ? 'server' : 'client');

/** A payload that says who it is. */
const payload = (index: number, length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i === 0 ? 94 : (index * 31 + i) & 0xff));

function send(pair: TransportPair, role: Role, payloads: readonly Uint8Array[]): void {
  for (const each of payloads) pair.side(role).transport.perform({ type: 'send', payload: each });
}

/** Takes the transport of a side to pieces and puts another in its place, by way of bytes. */
function handOver(pair: TransportPair, role: Role): TransportSnapshot {
  const side = pair.side(role);
  const bytes = encodeTransportSnapshot(side.transport.intoSnapshot());
  const snapshot = decodeTransportSnapshot(bytes);
  bytes.fill(0);
  side.transport = Transport.resume(snapshot, pair.transportOptions(role));
  return snapshot;
}

interface HandOver {
  readonly cipher: string;
  readonly mac: string;
  readonly moved: Role;
  readonly rekeying: readonly Role[];
}

describe('a handed-over transport', () => {
  for (const { cipher, mac } of protectionMatrix) {
    for (const moved of roles) {
      for (const rekeying of [['client'], ['server'], roles] as const) {
        test(`goes on with ${cipher} ${mac}: ${moved} moves, ${rekeying.join(' and ')} re-keys`, () => {
          goesOn({ cipher, mac, moved, rekeying });
        });
      }
    }
  }

  function goesOn({ cipher, mac, moved, rekeying }: HandOver): void {
    const preferences = { keyExchanges, ciphers: [cipher], macs: mac === '' ? [] : [mac] };
    const pair = new TransportPair(crypto, { preferences });
    pair.establish();
    const expected = { client: [] as Uint8Array[], server: [] as Uint8Array[] };
    const say = (role: Role, ...payloads: Uint8Array[]): void => {
      send(pair, role, payloads);
      expected[other(role)].push(...payloads);
    };
    for (const role of roles) say(role, payload(1, 1), payload(2, 32 * 1024), payload(3, 300));
    pair.pump();
    // What is under way when the hand-over comes: unopened packets, a part of one, and sealed output.
    say(other(moved), payload(4, 5000), payload(5, 40));
    const chunks = pair.side(other(moved)).transport.takeOutput();
    const arriving = Buffer.concat(chunks);
    const arrived = arriving.length - 30;
    pair.side(moved).transport.receive(arriving.subarray(0, arrived));
    assert.equal(pair.side(moved).transport.nextEvent()?.type, 'payload-received');
    pair.side(moved).payloads.push(payload(4, 5000));
    assert.equal(pair.side(moved).transport.nextEvent(), undefined);
    say(moved, payload(6, 100));
    const snapshot = handOver(pair, moved);
    assert.ok(snapshot.input.length > 0 && snapshot.output.length > 0);
    pair.side(moved).transport.receive(arriving.subarray(arrived));
    pair.pump();
    for (const role of roles) say(role, payload(7, 2000));
    for (const role of rekeying) pair.side(role).transport.perform({ type: 'rekey' });
    for (const role of roles) say(role, payload(8, 33), payload(9, 20_000));
    pair.pump();
    for (const role of roles) {
      const changes = pair.side(role).events.filter((event) => event.type === 'keys-changed');
      assert.deepEqual(
        changes.map((change) => change.first),
        [true, false],
      );
      assert.deepEqual(changes[1]?.sessionId, changes[0]?.sessionId);
      assert.equal(changes[1]?.algorithms.strict, true);
      assert.equal(
        pair.side(role).events.some((event) => event.type === 'ended'),
        false,
      );
      assert.deepEqual(pair.side(role).payloads, expected[role]);
    }
  }

  test('knows what the first one knew: session, algorithms, that authentication is over', () => {
    const pair = new TransportPair(crypto, { preferences: { keyExchanges } });
    pair.establish();
    const [changed] = pair.server.events.filter((event) => event.type === 'keys-changed');
    const snapshot = handOver(pair, 'server');
    assert.deepEqual(snapshot.session.sessionId, changed?.sessionId);
    assert.deepEqual(snapshot.session.algorithms, changed?.algorithms);
    assert.deepEqual(snapshot.session.hostKey, changed?.hostKey);
    assert.equal(snapshot.role, 'server');
    assert.equal(snapshot.authenticated, true);
  });

  test('re-keys with a host key of another process and asks for the signature again', () => {
    const pair = new TransportPair(crypto, { preferences: { keyExchanges } });
    pair.establish();
    handOver(pair, 'server');
    pair.client.transport.perform({ type: 'rekey' });
    pair.pump();
    assert.equal(pair.server.events.filter((event) => event.type === 'signature-wanted').length, 2);
  });
});

describe('intoSnapshot', () => {
  test('refuses before keys are in force, while they are exchanged, and after the end', () => {
    const pair = new TransportPair(crypto, { preferences: { keyExchanges } });
    const { transport } = pair.server;
    const refuses = (): void => {
      assert.equal(transport.handOverReady, false);
      assert.throws(() => transport.intoSnapshot(), TypeError);
    };
    refuses();
    pair.establish();
    assert.equal(transport.handOverReady, true);
    transport.perform({ type: 'rekey' });
    refuses();
    pair.pump();
    assert.equal(transport.handOverReady, true);
    transport.intoSnapshot();
    refuses();
    assert.equal(transport.nextEvent(), undefined);
    assert.deepEqual(transport.takeOutput(), []);
    assert.equal(transport.inputWanted, false);
  });
});

describe('decodeTransportSnapshot', () => {
  const encoded = (change: (snapshot: TransportSnapshot) => TransportSnapshot): Uint8Array => {
    const pair = new TransportPair(crypto, { preferences: { keyExchanges, ciphers: ['aes128-ctr'] } });
    pair.establish();
    return encodeTransportSnapshot(change(pair.server.transport.intoSnapshot()));
  };

  test('refuses keys that do not fit their cipher, unknown names and impossible counters', () => {
    const changes: readonly ((snapshot: TransportSnapshot) => TransportSnapshot)[] = [
      (s) => ({ ...s, sending: { ...s.sending, keys: { ...s.sending.keys, key: new Uint8Array(15) } } }),
      (s) => ({ ...s, sending: { ...s.sending, keys: { ...s.sending.keys, iv: new Uint8Array(12) } } }),
      (s) => ({ ...s, receiving: { ...s.receiving, keys: { ...s.receiving.keys, macKey: new Uint8Array(1) } } }),
      (s) => ({ ...s, receiving: { ...s.receiving, keys: { ...s.receiving.keys, mac: '' } } }),
      (s) => ({ ...s, receiving: { ...s.receiving, keys: { ...s.receiving.keys, cipher: 'none' } } }),
      (s) => ({ ...s, receiving: { ...s.receiving, keys: { ...s.receiving.keys, cipher: '' } } }),
      (s) => ({ ...s, receiving: { ...s.receiving, counters: { ...s.receiving.counters, packets: 2 ** 32 } } }),
      (s) => ({ ...s, session: { ...s.session, sessionId: new Uint8Array(0) } }),
      (s) => ({ ...s, session: { ...s.session, hostKey: new Uint8Array(70_000) } }),
      (s) => ({ ...s, clientIdentification: new Uint8Array(9000) }),
      (s) => ({
        ...s,
        session: { ...s.session, algorithms: { ...s.session.algorithms, compressionToClient: 'zlib' } },
      }),
    ];
    assert.doesNotThrow(() => decodeTransportSnapshot(encoded((snapshot) => snapshot)));
    for (const change of changes) {
      assert.throws(() => decodeTransportSnapshot(encoded(change)), DecodeError, change.toString());
    }
  });

  test('refuses every truncation and anything behind the end', () => {
    const bytes = encoded((snapshot) => snapshot);
    assert.ok(bytes.length < maximumSnapshotBytes);
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decodeTransportSnapshot(bytes.subarray(0, length)), DecodeError);
    }
    assert.throws(() => decodeTransportSnapshot(Buffer.concat([bytes, Buffer.from([0])])), DecodeError);
  });

  test('keeps nothing of its argument', () => {
    const bytes = encoded((snapshot) => snapshot);
    const snapshot = decodeTransportSnapshot(bytes);
    const again = encodeTransportSnapshot(snapshot);
    const before = bytes.slice();
    bytes.fill(0);
    assert.deepEqual(again, before);
    assert.deepEqual(encodeTransportSnapshot(snapshot), before);
  });
});
