import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import type { Message } from '../codec/struct.ts';
import { concatBytes } from '../wire/bytes.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import type { SftpClientEvent } from './client.ts';
import { SftpClientEngine } from './client.ts';
import { SftpPacketOutput } from './packet-output.ts';
import { replyPackets, requestPackets, version } from './packets.ts';

const path = utf8Encode('/f');
const handle = Uint8Array.of(7);
const { status, data, names, attributes } = replyPackets;

function feed<T>(engine: SftpClientEngine, packet: Message<T>, value: T): SftpClientEvent[] {
  engine.receive(new Writer().string(packet.encode(value)).bytes());
  const events: SftpClientEvent[] = [];
  for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent()) events.push(event);
  return events;
}

function readyEngine(): SftpClientEngine {
  const engine = new SftpClientEngine();
  engine.takeOutput();
  feed(engine, version, { version: 3, extensions: [] });
  return engine;
}

function failureOf(events: readonly SftpClientEvent[]): string {
  const [event] = events;
  return event?.type === 'failed' ? event.failure.code : `no failure but ${event?.type}`;
}

const text = { text: '', language: '' };

test('SftpClientEngine says INIT first and tells what the server announces (draft-ietf-secsh-filexfer-02 section 4)', () => {
  const engine = new SftpClientEngine();
  assert.throws(() => engine.request('stat', { path }), /after ready/);
  assert.deepEqual(concatBytes(...engine.takeOutput()), Uint8Array.of(0, 0, 0, 5, 1, 0, 0, 0, 3));
  const extensions = [
    { name: 'limits@openssh.com', data: utf8Encode('1') },
    { name: 'limits@openssh.com', data: utf8Encode('2') },
  ];
  const [event] = feed(engine, version, { version: 3, extensions });
  assert.equal(event?.type, 'ready');
  assert.deepEqual(event.extensions, new Map([['limits@openssh.com', utf8Encode('1')]]));
});

test('SftpClientEngine refuses another version, and a reply before VERSION', () => {
  for (const number of [0, 1, 2, 4, 7]) {
    const failed = failureOf(feed(new SftpClientEngine(), version, { version: number, extensions: [] }));
    assert.equal(failed, 'protocol-version-unsupported');
  }
  assert.equal(failureOf(feed(new SftpClientEngine(), status, { id: 1, code: 0, ...text })), 'message-malformed');
});

test('replies find their requests in any order, and a second VERSION is none', () => {
  const engine = readyEngine();
  const stat = engine.request('stat', { path });
  const read = engine.request('read', { handle, offset: 0n, length: 4 });
  const readdir = engine.request('readdir', { handle });
  const home = engine.requestExtension('homeDirectory', { user: path });
  const limits = engine.requestExtension('limits', {});
  assert.equal(engine.pendingRequests, 5);
  const replies = [
    ...feed(engine, names, { id: home, entries: [{ name: path, longName: path, attributes: {} }] }),
    ...feed(engine, data, { id: read, data: Uint8Array.of(1, 2) }),
    ...feed(engine, status, { id: readdir, code: 1, ...text }),
    ...feed(engine, replyPackets.extended, { id: limits, fields: new Uint8Array(32) }),
    ...feed(engine, attributes, { id: stat, attributes: { size: 5n } }),
  ].map((event) => (event.type === 'reply' ? [event.reply.id, event.reply.kind] : event));
  assert.deepEqual(replies, [
    [home, 'names'],
    [read, 'data'],
    [readdir, 'status'],
    [limits, 'extended'],
    [stat, 'attributes'],
  ]);
  assert.equal(engine.pendingRequests, 0);
  assert.equal(failureOf(feed(engine, version, { version: 3, extensions: [] })), 'message-unexpected');
  assert.deepEqual(feed(engine, status, { id: 1, code: 0, ...text }), []);
});

test('an unknown id, a second reply, one of the wrong kind and one with too much data end the engine', () => {
  const cases: readonly ((engine: SftpClientEngine, id: number) => SftpClientEvent[])[] = [
    (engine, id) => feed(engine, status, { id: id + 1, code: 0, ...text }),
    (engine, id) => {
      feed(engine, data, { id, data: path });
      return feed(engine, data, { id, data: path });
    },
    (engine, id) => feed(engine, attributes, { id, attributes: {} }),
    (engine, id) => feed(engine, status, { id, code: 0, ...text }),
    (engine, id) => feed(engine, data, { id, data: new Uint8Array(33) }),
    (engine, id) => feed(engine, requestPackets.stat, { id, path }),
  ];
  for (const [index, hostile] of cases.entries()) {
    const engine = readyEngine();
    const id = engine.request('read', { handle, offset: 0n, length: 32 });
    assert.equal(failureOf(hostile(engine, id)), 'message-unexpected', `case ${index}`);
    assert.equal(engine.nextEvent(), undefined);
  }
  const engine = readyEngine();
  const id = engine.request('mkdir', { path, attributes: {} });
  assert.equal(failureOf(feed(engine, replyPackets.handle, { id, handle })), 'message-unexpected');
});

test('requests of one turn leave in one chunk, and large data by reference', () => {
  const engine = readyEngine();
  const large = new Uint8Array(20_000).fill(1);
  engine.request('close', { handle });
  engine.requestWrite(handle, 5n, Uint8Array.of(1, 2, 3));
  assert.equal(engine.takeOutput().length, 1);
  engine.request('close', { handle });
  const id = engine.requestWrite(handle, 2n ** 40n, large);
  engine.request('close', { handle });
  const chunks = engine.takeOutput();
  assert.equal(chunks.length, 3);
  assert.equal(chunks[1], large);
  const whole = concatBytes(...chunks).subarray(14);
  const packet = requestPackets.write.encode({ id, handle, offset: 2n ** 40n, data: large });
  assert.deepEqual(whole.subarray(0, packet.length + 4), new Writer().string(packet).bytes());
  assert.equal(engine.pendingBytes, 0);
});

test('the packets that wait are counted, and taken once', () => {
  const output = new SftpPacketOutput();
  output.push(requestPackets.stat, { id: 1, path });
  assert.equal(output.pendingBytes, 15);
  assert.equal(output.take().length, 1);
  assert.deepEqual(output.take(), []);
});

test('whatever a server sends, the engine ends with a failure or goes on', () => {
  const random = new SeededRandom(77);
  for (let round = 0; round < 400; round++) {
    const engine = readyEngine();
    const id = engine.request('readdir', { handle });
    engine.request('stat', { path });
    const entry = { name: path, longName: path, attributes: { size: 1n, permissions: 7 } };
    const good = new Writer().string(names.encode({ id, entries: [entry, entry] })).bytes();
    const bytes = concatBytes(random.damage(good), random.damage(good));
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + random.below(40);
      engine.receive(bytes.slice(at, end));
      at = end;
      for (let event = engine.nextEvent(); event !== undefined; event = engine.nextEvent()) {
        assert.ok(event.type === 'reply' || event.type === 'failed');
      }
    }
  }
});
