// Delayed compression between two transports: when it begins, with every direction for itself, through re-exchanges and
// before a hand-over; and what becomes of data that is none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  TransportPair,
  type TransportPairOptions,
  testCompression,
  testCrypto,
} from '@sallyport/testing/transport-pair';
import type { CompressionProvider } from '../algorithms/compression-provider.ts';
import { compressionOrder } from '../algorithms/compressions.ts';
import type { Role } from './options.ts';
import { decodeTransportSnapshot, encodeTransportSnapshot } from './snapshot.ts';
import { Transport } from './transport.ts';

const crypto = testCrypto();
const roles: readonly Role[] = ['client', 'server'];
const other = (role: Role): Role => (role === 'client' ? 'server' : 'client');
const text = (length: number, seed = 0): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i === 0 ? 94 : 97 + ((i + seed) % 7)));

/** Counts the streams that were begun. */
class CountingCompression implements CompressionProvider {
  deflaters = 0;
  inflaters = 0;

  deflater(): ReturnType<CompressionProvider['deflater']> {
    this.deflaters++;
    return testCompression().deflater();
  }

  inflater(): ReturnType<CompressionProvider['inflater']> {
    this.inflaters++;
    return testCompression().inflater();
  }
}

function pairOf(compression: CompressionProvider, options: TransportPairOptions = {}): TransportPair {
  const preferences = { compressions: compressionOrder.preferred, ...options.preferences };
  return new TransportPair(crypto, { client: { compression }, server: { compression }, ...options, preferences });
}

function send(pair: TransportPair, role: Role, payload: Uint8Array): void {
  pair.side(role).transport.perform({ type: 'send', payload });
}

/** Bytes that a side sends from now until both are quiet. */
function bytesSent(pair: TransportPair, role: Role): number {
  const before = pair.side(role).sentChunks.length;
  pair.pump();
  return pair
    .side(role)
    .sentChunks.slice(before)
    .reduce((sum, { length }) => sum + length, 0);
}

test('payloads are plain until authentication is over, and compressed from the next one on', () => {
  const compression = new CountingCompression();
  const pair = pairOf(compression);
  pair.pump();
  for (const role of roles) {
    send(pair, role, text(1000));
    assert.ok(bytesSent(pair, role) > 1000);
  }
  assert.deepEqual([compression.deflaters, compression.inflaters], [0, 0]);
  pair.establish();
  for (const role of roles) {
    send(pair, role, text(20_000));
    send(pair, role, text(20_000));
    assert.ok(bytesSent(pair, role) < 1000);
  }
  assert.deepEqual([compression.deflaters, compression.inflaters], [2, 2]);
  for (const role of roles) assert.deepEqual(pair.side(role).payloads, [text(1000), text(20_000), text(20_000)]);
});

test('each exchange of keys begins a new history, in pieces of any size', () => {
  const compression = new CountingCompression();
  const pair = pairOf(compression);
  pair.establish(7);
  for (const rekeying of roles) {
    for (const role of roles) send(pair, role, text(5000, 1));
    pair.side(rekeying).transport.perform({ type: 'rekey' });
    // These wait for the new keys.
    for (const role of roles) send(pair, role, text(5000, 2));
    pair.pump(7);
    for (const role of roles) send(pair, role, text(5000, 3));
    pair.pump(7);
  }
  const once = [text(5000, 1), text(5000, 2), text(5000, 3)];
  for (const role of roles) assert.deepEqual(pair.side(role).payloads, [...once, ...once]);
  assert.deepEqual([compression.deflaters, compression.inflaters], [6, 6]);
});

test('data beside a payload is compressed with it', () => {
  const pair = pairOf(testCompression());
  pair.establish();
  pair.client.transport.perform({ type: 'send', payload: text(9), data: text(3000, 4) });
  pair.pump();
  assert.deepEqual(pair.server.payloads, [Uint8Array.from([...text(9), ...text(3000, 4)])]);
});

test('what waited for keys since before the end of authentication stays plain', () => {
  const pair = pairOf(testCompression());
  pair.pump();
  pair.server.transport.perform({ type: 'rekey' });
  send(pair, 'server', text(500));
  pair.server.transport.perform({ type: 'authenticated' });
  pair.pump();
  assert.deepEqual(pair.client.payloads, [text(500)]);
  pair.client.transport.perform({ type: 'authenticated' });
  for (const role of roles) send(pair, role, text(800));
  pair.pump();
  assert.deepEqual(pair.client.payloads.at(-1), text(800));
  assert.deepEqual(pair.server.payloads.at(-1), text(800));
});

test('a client that would rather not has its way', () => {
  const compression = new CountingCompression();
  const client = { compression };
  const pair = pairOf(compression, { preferences: { compressions: compressionOrder.possible }, client });
  pair.establish();
  for (const role of roles) send(pair, role, text(1000));
  pair.pump();
  assert.deepEqual([compression.deflaters, compression.inflaters], [0, 0]);
});

/** The first compressed payload of a role is replaced by these bytes. */
function endedBy(bytes: Uint8Array, role: Role): { readonly code: string; readonly reason: number | undefined } {
  const compression = { ...testCompression(), deflater: () => ({ deflate: () => bytes.slice() }) };
  const pair = pairOf(testCompression(), { [role]: { compression } });
  pair.establish();
  send(pair, role, text(10));
  pair.pump();
  const ended = pair.side(other(role)).events.at(-1);
  const told = pair.side(role).events.at(-1);
  assert.ok(ended?.type === 'ended' && told?.type === 'ended');
  return { code: ended.failure.code, reason: told.disconnect?.reason };
}

for (const role of roles) {
  test(`data of the ${role} that is no compression, or that grows without end, ends it (RFC 4253 section 11.1)`, () => {
    const invalid = { code: 'compression-invalid', reason: 6 };
    const bomb = testCompression()
      .deflater()
      .deflate([new Uint8Array(8 * 1024 * 1024)]);
    assert.ok(bomb.length < 10_000);
    for (const bytes of [text(40), new Uint8Array(300).fill(0xff), bomb]) {
      assert.deepEqual(endedBy(bytes, role), invalid);
    }
    const empty = testCompression().deflater().deflate([]);
    assert.equal(endedBy(empty, role).code, 'message-malformed');
  });
}

test('a transport is handed over while nothing was compressed, and goes on compressing; later it is not', () => {
  for (const moved of roles) {
    const pair = pairOf(testCompression());
    pair.establish();
    send(pair, other(moved), text(2000));
    const chunks = pair.side(other(moved)).transport.takeOutput();
    for (const chunk of chunks) pair.side(moved).transport.receive(chunk);
    const bytes = encodeTransportSnapshot(pair.side(moved).transport.intoSnapshot());
    const options = { client: { compression: testCompression() }, server: { compression: testCompression() } };
    pair.side(moved).transport = Transport.resume(
      decodeTransportSnapshot(bytes),
      pair.transportOptions(moved, { ...options, preferences: { compressions: compressionOrder.preferred } }),
    );
    send(pair, moved, text(3000));
    assert.ok(bytesSent(pair, moved) < 500);
    assert.deepEqual(pair.side(moved).payloads, [text(2000)]);
    assert.deepEqual(pair.side(other(moved)).payloads, [text(3000)]);
    for (const role of roles) {
      assert.equal(pair.side(role).transport.handOverReady, false);
      assert.throws(() => pair.side(role).transport.intoSnapshot(), TypeError);
    }
    pair.side(moved).transport.perform({ type: 'rekey' });
    pair.pump();
    send(pair, other(moved), text(70));
    pair.pump();
    assert.deepEqual(pair.side(moved).payloads.at(-1), text(70));
  }
});

test('to offer compression without a provider, or a method that nobody has, is misuse', () => {
  const pair = new TransportPair(crypto, { preferences: { compressions: compressionOrder.preferred } });
  pair.establish();
  assert.throws(() => send(pair, 'client', text(5)), TypeError);
  assert.throws(() => new TransportPair(crypto, { preferences: { compressions: ['zlib'] } }).establish(), TypeError);
});
