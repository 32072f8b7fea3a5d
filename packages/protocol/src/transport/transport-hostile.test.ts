import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { preferencesOf, protectionMatrix } from '@sallyport/testing/protection-matrix';
import { codeOf, quick, reasonSent, roles } from '@sallyport/testing/quick-transports';
import { ScriptedTransportPeer, type ScriptedTransportPeerOptions } from '@sallyport/testing/scripted-transport-peer';
import { TransportPair, testCrypto } from '@sallyport/testing/transport-pair';
import type { Role } from '../algorithms/roles.ts';
import { PrivateKey } from '../keys/private-key.ts';
import * as messages from '../messages/transport.ts';
import { concatBytes, writeUint32 } from '../wire/bytes.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { maximumDisconnectText, maximumEarlyExchanges, maximumUntakenReplies, rekeyPackets } from './limits.ts';
import { Transport } from './transport.ts';

const crypto = testCrypto();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));
const lax = { keyExchanges: quick.keyExchanges };

const makePeer = (role: Role, change: Partial<ScriptedTransportPeerOptions> = {}): ScriptedTransportPeer =>
  new ScriptedTransportPeer(role, { crypto, hostKey, preferences: quick, ...change });

describe('a bad identification', () => {
  test('is answered in plain text and no packet by a server, and in silence by a client (RFC 4253 section 4.2)', () => {
    for (const role of roles) {
      const { transport } = makePeer(role);
      transport.receive(utf8Encode(role === 'server' ? 'GET / HTTP/1.1\r\n' : 'SSH-1.5-old\r\n'));
      const event = transport.nextEvent();
      assert.equal(event?.type, 'ended');
      const said = utf8Decode(concatBytes(...transport.takeOutput()));
      assert.equal(said, role === 'server' ? 'Invalid SSH identification string.\r\n' : '');
      assert.equal(transport.nextEvent(), undefined);
    }
  });

  test('does not stop what came in the same segment from being read when it is good', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.carry('server');
    const all = concatBytes(...pair.client.transport.takeOutput());
    pair.server.transport.receive(all);
    pair.settle('server');
    assert.equal(pair.server.events[0]?.type, 'identified');
  });
});

describe('packet lengths', () => {
  for (const role of roles) {
    test(`that cannot be end the connection of a ${role} at once (RFC 4253 section 6.1)`, () => {
      for (const length of [0, 1, 4, 5, 7, 11, 13, 35_001, 256 * 1024 + 1, 256 * 1024 + 4, 2 ** 31, 2 ** 32 - 1]) {
        const peer = makePeer(role);
        peer.identify();
        const head = new Uint8Array(5);
        writeUint32(head, 0, length);
        peer.sendBytes(head);
        assert.equal(codeOf(peer), 'packet-length-invalid', `${length}`);
        assert.equal(reasonSent(peer), 2);
      }
    });

    test(`of 256 KiB are waited for by a ${role}, in memory that is bounded`, () => {
      const peer = makePeer(role);
      peer.identify();
      const head = new Uint8Array(4);
      writeUint32(head, 0, 256 * 1024 - 4);
      peer.sendBytes(head);
      for (let i = 0; i < 255; i++) peer.sendBytes(new Uint8Array(1024));
      assert.equal(codeOf(peer), undefined);
      peer.sendBytes(new Uint8Array(1024));
      assert.equal(codeOf(peer), 'padding-invalid');
    });
  }
});

describe('one flipped bit', () => {
  for (const protection of protectionMatrix) {
    test(`anywhere in a packet ends the connection under ${protection.cipher} ${protection.mac} (RFC 4253 section 6.4)`, () => {
      const pair = new TransportPair(crypto, { preferences: { ...quick, ...preferencesOf(protection) } });
      pair.establish();
      const { server } = pair;
      pair.client.transport.perform({ type: 'send', payload: new Uint8Array(60).fill(94) });
      const packet = concatBytes(...pair.client.transport.takeOutput());
      const snapshot = structuredClone(server.transport.intoSnapshot());
      const resume = (): Transport => {
        return Transport.resume(structuredClone(snapshot), pair.transportOptions('server'));
      };
      for (let at = 0; at < packet.length; at++) {
        const transport = resume();
        const flipped = packet.slice();
        flipped[at] = (flipped[at] as number) ^ (1 << (at % 8));
        transport.receive(flipped);
        // A longer length is waited for.
        transport.receive(new Uint8Array(300 * 1024));
        const event = transport.nextEvent();
        assert.equal(event?.type, 'ended', `byte ${at}`);
        const code = event?.type === 'ended' ? event.failure.code : '';
        const headBytes = protection.mac.includes('etm') || protection.mac === '' ? 4 : 16;
        if (at >= headBytes) assert.equal(code, 'mac-incorrect', `byte ${at}`);
        else assert.match(code, /^(?:mac-incorrect|packet-length-invalid)$/);
      }
      const transport = resume();
      transport.receive(packet);
      assert.equal(transport.nextEvent()?.type, 'payload-received');
    });
  }

  test('is told to the peer as a MAC error', () => {
    const peer = makePeer('server');
    peer.establish();
    peer.sendBytes(new Uint8Array(32 + 16 + 4).fill(0, 0, 3).fill(32, 3, 4));
    assert.equal(codeOf(peer), 'mac-incorrect');
    assert.equal(reasonSent(peer), 5);
  });
});

describe('prefix truncation (CVE-2023-48795, PROTOCOL section 1.10)', () => {
  const extensions = new Map([['server-sig-algs', utf8Encode('ssh-ed25519')]]);
  const ignore = messages.ignore.encode({ data: new Uint8Array(0) });

  /** An honest pair whose server's packets go through hands that may add and drop some. */
  function withHandsBetween(cipher: string, change: (packets: Uint8Array[]) => Uint8Array[]): TransportPair {
    const pair = new TransportPair(crypto, {
      preferences: { ...quick, ciphers: [cipher], macs: ['hmac-sha2-256-etm@openssh.com'] },
    });
    pair.server.transport.perform({ type: 'announce-extensions', extensions });
    pair.carry('client');
    pair.carry('server');
    pair.carry('client');
    pair.settle('server');
    // Reply, NEWKEYS in clear, then EXT_INFO under keys.
    const bytes = concatBytes(...pair.server.transport.takeOutput());
    const packets: Uint8Array[] = [];
    let at = 0;
    for (let plain = 0; plain < 2; plain++) {
      const length = 4 + ((bytes[at + 2] as number) << 8) + (bytes[at + 3] as number);
      packets.push(bytes.subarray(at, at + length));
      at += length;
    }
    packets.push(bytes.subarray(at));
    pair.client.transport.receive(concatBytes(...change(packets)));
    pair.settle('client');
    return pair;
  }

  function plainPacket(payload: Uint8Array): Uint8Array {
    const packet = new Uint8Array(16);
    writeUint32(packet, 0, 12);
    packet[4] = 12 - 1 - payload.length;
    packet.set(payload, 5);
    return packet;
  }

  for (const cipher of ['chacha20-poly1305@openssh.com', 'aes128-ctr', 'aes128-gcm@openssh.com']) {
    test(`is refused: a message added before NEWKEYS, EXT_INFO dropped after it: ${cipher}`, () => {
      const honest = withHandsBetween(cipher, (packets) => packets);
      assert.equal(honest.client.events.at(-1)?.type, 'extensions-received');
      const added = withHandsBetween(
        cipher,
        ([reply, newKeys]) => [reply, plainPacket(ignore), newKeys] as Uint8Array[],
      );
      const [end] = added.client.events.filter((event) => event.type === 'ended');
      assert.equal(end?.failure.code, 'strict-violation');
      assert.match(end?.failure.description ?? '', /unexpected packet type 2 \(seqnr 2\)/);
    });

    test(`is refused: EXT_INFO dropped after NEWKEYS: ${cipher}`, () => {
      const dropped = withHandsBetween(cipher, ([reply, newKeys]) => [reply, newKeys] as Uint8Array[]);
      assert.equal(dropped.client.events.at(-1)?.type, 'keys-changed');
      dropped.server.transport.perform({ type: 'send', payload: new Uint8Array([94, 1]) });
      dropped.carry('server');
      const [end] = dropped.client.events.filter((event) => event.type === 'ended');
      assert.match(end?.failure.code ?? '', /^(?:mac-incorrect|packet-length-invalid)$/);
    });
  }

  test('is refused: a message before KEXINIT', () => {
    for (const role of roles) {
      const peer = makePeer(role);
      peer.identify();
      peer.send(ignore);
      peer.kexInit();
      assert.equal(codeOf(peer), 'strict-violation');
      const old = makePeer(role);
      old.identify();
      old.send(ignore);
      old.kexInit(lax);
      assert.equal(codeOf(old), undefined);
    }
  });

  test('a peer that does not know strict key exchange is still talked to, and its numbers go on', () => {
    for (const role of roles) {
      const peer = makePeer(role);
      peer.establish(lax);
      const [changed] = peer.events.filter((event) => event.type === 'keys-changed');
      assert.equal(changed?.algorithms.strict, false);
      peer.send(new Uint8Array([94]));
      const delivered = peer.events.at(-1);
      assert.equal(delivered?.type === 'payload-received' && delivered.sequenceNumber, 3);
      peer.transport.perform({ type: 'authenticated' });
      peer.exchange();
      assert.equal(peer.events.filter((event) => event.type === 'keys-changed').at(-1)?.algorithms.strict, false);
    }
  });
});

describe('floods', () => {
  test('of messages that are not understood end when nobody takes the answers', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.establish();
    const { transport } = pair.server;
    for (let i = 0; i <= maximumUntakenReplies; i++) {
      pair.client.transport.perform({ type: 'send', payload: new Uint8Array([150]) });
    }
    for (const chunk of pair.client.transport.takeOutput()) transport.receive(chunk);
    const event = transport.nextEvent();
    assert.equal(event?.type === 'ended' && event.failure.code, 'limit-exceeded');
  });

  test('of PING are answered up to a number until the answers are taken', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.establish();
    for (let i = 0; i < maximumUntakenReplies + 1000; i++) {
      pair.client.transport.perform({ type: 'ping', data: new Uint8Array(1) });
    }
    pair.pump();
    const pongs = pair.client.events.filter((event) => event.type === 'pong-received').length;
    assert.equal(pongs, maximumUntakenReplies);
    pair.client.transport.perform({ type: 'ping', data: new Uint8Array(1) });
    pair.pump();
    assert.equal(pair.client.events.filter((event) => event.type === 'pong-received').length, pongs + 1);
  });

  test('of IGNORE, DEBUG and UNIMPLEMENTED cost no memory', () => {
    const peer = makePeer('server');
    peer.establish();
    for (let i = 0; i < 3000; i++) {
      peer.send(
        messages.ignore.encode({ data: new Uint8Array(100) }),
        messages.unimplemented.encode({ sequenceNumber: i }),
      );
    }
    assert.equal(codeOf(peer), undefined);
    assert.equal(peer.transport.pendingOutputBytes, 0);
  });

  test('of key exchanges end before authentication is over', () => {
    const peer = makePeer('server');
    peer.establish();
    for (let i = 1; i < maximumEarlyExchanges; i++) peer.exchange();
    assert.equal(codeOf(peer), undefined);
    peer.kexInit();
    assert.equal(codeOf(peer), 'limit-exceeded');
    const later = makePeer('server');
    later.establish();
    later.transport.perform({ type: 'authenticated' });
    for (let i = 0; i < maximumEarlyExchanges + 10; i++) later.exchange();
    assert.equal(codeOf(later), undefined);
  });

  test('of text in DISCONNECT are cut', () => {
    const peer = makePeer('client');
    peer.establish();
    peer.send(messages.disconnect.encode({ reason: 77, description: '\u001b[2J'.repeat(5000), language: 'x' }));
    assert.equal(codeOf(peer), 'disconnected-by-peer');
    assert.equal(peer.ended?.disconnect?.reason, 77);
    assert.equal(peer.ended?.disconnect?.description.length, maximumDisconnectText);
  });
});

describe('worn-out keys (RFC 4344 section 3.1)', () => {
  /** A resumed server whose keys have been used for so many packets. */
  function worn(direction: 'sending' | 'receiving', packets: number, authenticated: boolean): TransportPair {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.establish();
    const snapshot = pair.server.transport.intoSnapshot();
    const state = snapshot[direction];
    const changed = { ...snapshot, authenticated, [direction]: { ...state, counters: { ...state.counters, packets } } };
    pair.server.transport = Transport.resume(changed, pair.transportOptions('server'));
    return pair;
  }

  test('are changed after 2^31 packets in either direction, whatever the options say', () => {
    for (const direction of ['sending', 'receiving'] as const) {
      const pair = worn(direction, rekeyPackets - 1, true);
      for (const role of roles) pair.side(role).transport.perform({ type: 'send', payload: new Uint8Array([94]) });
      pair.pump();
      for (const role of roles) {
        assert.equal(pair.side(role).events.filter((event) => event.type === 'keys-changed').length, 2);
        assert.equal(pair.side(role).payloads.length, 1);
      }
    }
  });

  test('end the connection before authentication is over', () => {
    const pair = worn('receiving', rekeyPackets - 1, false);
    pair.client.transport.perform({ type: 'send', payload: new Uint8Array([5]) });
    pair.pump();
    const [end] = pair.server.events.filter((event) => event.type === 'ended');
    assert.equal(end?.failure.code, 'limit-exceeded');
  });

  test('never seal a sequence number twice: a peer that exchanges no keys is left', () => {
    const pair = worn('sending', 2 ** 32 - 65, true);
    const { transport } = pair.server;
    transport.perform({ type: 'rekey' });
    for (let i = 0; i < 100; i++) transport.perform({ type: 'reject-payload', sequenceNumber: 1 });
    const event = transport.nextEvent();
    assert.equal(event?.type === 'ended' && event.failure.code, 'limit-exceeded');
  });
});
