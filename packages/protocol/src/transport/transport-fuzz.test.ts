import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '@sallyport/testing/deterministic-crypto';
import { preferencesOf, protectionMatrix } from '@sallyport/testing/protection-matrix';
import { ScriptedTransportPeer } from '@sallyport/testing/scripted-transport-peer';
import { answerQuestion, TransportPair, testCrypto } from '@sallyport/testing/transport-pair';
import type { Role } from '../algorithms/roles.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { concatBytes } from '../wire/bytes.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { decodeTransportSnapshot, encodeTransportSnapshot } from './snapshot.ts';
import { Transport } from './transport.ts';

const crypto = testCrypto();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const preferences = { keyExchanges: ['curve25519-sha256'], ciphers: ['aes128-gcm@openssh.com'] };
const roles: readonly Role[] = ['client', 'server'];
/** More answers than any of these inputs can provoke. */
const boundBytes = 1024 * 1024;

/** Whole numbers and bytes from a seed. */
function dice(seed: number): {
  readonly below: (limit: number) => number;
  readonly bytes: (length: number) => Uint8Array;
} {
  const random = seededRandom(seed);
  return {
    below: (limit) => {
      const [a = 0, b = 0, c = 0] = random(new Uint8Array(3));
      return ((a << 16) | (b << 8) | c) % limit;
    },
    bytes: (length) => random(new Uint8Array(length)),
  };
}

/** Feeds a transport and checks what must hold whatever the bytes are. */
function feed(transport: Transport, chunk: Uint8Array): boolean {
  transport.receive(chunk);
  let ends = 0;
  for (let count = 0; ; count++) {
    const event = transport.nextEvent();
    if (event === undefined) break;
    assert.ok(count < 100_000, 'events come without an end');
    assert.equal(ends, 0, 'nothing comes after the end');
    if (event.type === 'ended') ends++;
    answerQuestion(transport, event, { crypto, hostKey });
  }
  assert.ok(transport.pendingOutputBytes < boundBytes, `${transport.pendingOutputBytes} bytes of output`);
  return ends > 0;
}

function pairOf(protection = protectionMatrix[1]): TransportPair {
  const own = protection === undefined ? {} : preferencesOf(protection);
  return new TransportPair(crypto, { preferences: { ...preferences, ...own }, hostKey });
}

describe('a transport that is fed', () => {
  for (const role of roles) {
    test(`random bytes from the first on ends without more: ${role}`, () => {
      for (let seed = 1; seed <= 200; seed++) {
        const { below, bytes } = dice(seed);
        const { transport } = pairOf().side(role);
        let ended = false;
        for (let i = 0; i < 50 && !ended; i++) ended = feed(transport, bytes(1 + below(400)));
        assert.ok(ended || role === 'client');
      }
    });

    test(`random bytes behind a good identification ends without more: ${role}`, () => {
      for (let seed = 1; seed <= 300; seed++) {
        const { below, bytes } = dice(seed);
        const { transport } = pairOf().side(role);
        feed(transport, utf8Encode('SSH-2.0-x\r\n'));
        let ended = false;
        for (let i = 0; i < 20 && !ended; i++) ended = feed(transport, bytes(1 + below(2000)));
        assert.ok(ended);
      }
    });

    test(`a handshake with bytes changed, lost or doubled never comes to keys it should not: ${role}`, () => {
      for (let seed = 1; seed <= 300; seed++) {
        const { below, bytes } = dice(seed * 7);
        const pair = pairOf();
        const peer: Role = role === 'client' ? 'server' : 'client';
        let touched = false;
        let ended = false;
        for (let round = 0; round < 8 && !ended; round++) {
          pair.settle(peer);
          let chunk = concatBytes(...pair.side(peer).transport.takeOutput());
          if (chunk.length > 0 && below(3) === 0) {
            chunk = mutate(chunk, below, bytes);
            touched = true;
          }
          ended = feed(pair.side(role).transport, chunk);
          for (const back of pair.side(role).transport.takeOutput()) pair.side(peer).transport.receive(back);
        }
        if (!touched) assert.equal(pair.side(role).transport.handOverReady, true);
      }
    });

    test(`random messages under good keys answers, delivers or ends: ${role}`, () => {
      for (let seed = 1; seed <= 60; seed++) {
        const { below, bytes } = dice(seed * 31);
        const peer = new ScriptedTransportPeer(role, { crypto, hostKey, preferences });
        peer.establish();
        if (below(2) === 0) peer.transport.perform({ type: 'authenticated' });
        for (let i = 0; i < 100 && peer.ended === undefined; i++) {
          const payload = bytes(1 + below(below(10) === 0 ? 3000 : 40));
          // Numbers that mean something come more often.
          if (below(3) > 0) payload[0] = [2, 4, 7, 20, 21, 30, 31, 50, 94, 192, 193][below(11)] as number;
          if (below(20) === 0) peer.transport.perform({ type: 'rekey' });
          peer.send(payload);
        }
        assert.ok(peer.transport.pendingOutputBytes < boundBytes);
        assert.equal(peer.events.filter((event) => event.type === 'ended').length, peer.ended === undefined ? 0 : 1);
      }
    });

    test(`bytes changed anywhere under keys of any cipher delivers nothing that was changed: ${role}`, () => {
      for (const [index, protection] of protectionMatrix.entries()) {
        const { below, bytes } = dice(index + 1);
        for (let turn = 0; turn < 20; turn++) {
          const pair = pairOf(protection);
          pair.establish();
          const peer: Role = role === 'client' ? 'server' : 'client';
          const payloads = [1, 2, 3].map(() => concatBytes(new Uint8Array([94]), bytes(below(500))));
          for (const payload of payloads) pair.side(peer).transport.perform({ type: 'send', payload });
          const stream = mutate(concatBytes(...pair.side(peer).transport.takeOutput()), below, bytes);
          pair.side(role).transport.receive(stream);
          pair.settle(role);
          const received = pair.side(role).payloads;
          assert.deepEqual(received, payloads.slice(0, received.length));
        }
      }
    });
  }
});

/** One byte changed, a stretch lost, doubled, or put in. */
function mutate(
  bytes: Uint8Array,
  below: (limit: number) => number,
  random: (length: number) => Uint8Array,
): Uint8Array {
  const at = below(bytes.length);
  const length = 1 + below(Math.min(40, bytes.length - at));
  const [before, stretch, after] = [
    bytes.subarray(0, at),
    bytes.subarray(at, at + length),
    bytes.subarray(at + length),
  ];
  switch (below(4)) {
    case 0: {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 << below(8));
      return changed;
    }
    case 1:
      return concatBytes(before, after);
    case 2:
      return concatBytes(before, stretch, stretch, after);
    default:
      return concatBytes(before, random(length), stretch, after);
  }
}

test('a snapshot with bytes changed is refused or makes a transport that can be fed', () => {
  const pair = pairOf();
  pair.establish();
  const good = encodeTransportSnapshot(pair.server.transport.intoSnapshot());
  let refused = 0;
  for (let seed = 1; seed <= 1000; seed++) {
    const { below, bytes } = dice(seed);
    try {
      const snapshot = decodeTransportSnapshot(mutate(good, below, bytes));
      const transport = Transport.resume(snapshot, pair.transportOptions(snapshot.role));
      feed(transport, bytes(100));
    } catch (error) {
      assert.equal((error as Error).name, 'DecodeError', String(error));
      refused++;
    }
  }
  assert.ok(refused > 500 && refused < 1000);
});
