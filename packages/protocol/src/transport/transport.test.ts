import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { preferencesOf, protectionMatrix } from '@sallyport/testing/protection-matrix';
import { codeOfEnd, established, eventsOf, payload, quick, roles, send } from '@sallyport/testing/quick-transports';
import { TransportPair, testCrypto } from '@sallyport/testing/transport-pair';
import { keyExchanges } from '../algorithms/key-exchanges.ts';
import type { Role } from '../algorithms/roles.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { utf8Encode } from '../wire/utf8.ts';
import type { TransportEvent } from './events.ts';
import { maximumPayloadBytes, wantedOutputBytes } from './limits.ts';
import { Transport } from './transport.ts';

const crypto = testCrypto();

/** A side that has asked its owner in the first exchange, and was not answered yet. */
function asked(role: Role, question: TransportEvent['type']): { transport: Transport; peerHears: () => unknown } {
  const pair = new TransportPair(crypto, { preferences: quick });
  const peer: Role = role === 'client' ? 'server' : 'client';
  const { transport } = pair.side(role);
  for (let round = 0; round < 10; round++) {
    for (const chunk of transport.takeOutput()) pair.side(peer).transport.receive(chunk);
    pair.settle(peer);
    for (const chunk of pair.side(peer).transport.takeOutput()) transport.receive(chunk);
    for (let event = transport.nextEvent(); event !== undefined; event = transport.nextEvent()) {
      if (event.type !== question) continue;
      const peerHears = (): unknown => {
        for (const chunk of transport.takeOutput()) pair.side(peer).transport.receive(chunk);
        pair.settle(peer);
        return eventsOf(pair.side(peer).events, 'ended')[0]?.disconnect;
      };
      return { transport, peerHears };
    }
  }
  throw new Error('it did not ask');
}

describe('two transports', () => {
  for (const { name } of keyExchanges) {
    test(`agree on keys by ${name} and carry payloads both ways (RFC 4253 section 7)`, () => {
      const pair = established({ preferences: { keyExchanges: [name] } });
      const [ofClient, ofServer] = roles.map((role) => eventsOf(pair.side(role).events, 'keys-changed')[0]);
      assert.equal(ofClient?.algorithms.keyExchange, name);
      assert.equal(ofClient?.first, true);
      assert.deepEqual(ofClient, ofServer);
      for (const role of roles) send(pair, role, payload(100));
      pair.pump();
      for (const role of roles) assert.deepEqual(pair.side(role).payloads, [payload(100)]);
    });
  }

  for (const protection of protectionMatrix) {
    test(`carry payloads of many sizes both ways under ${protection.cipher} ${protection.mac}`, () => {
      const pair = established({ preferences: preferencesOf(protection) });
      const sizes = [1, 2, 15, 16, 17, 255, 4096, 32 * 1024 + 9, maximumPayloadBytes];
      for (const role of roles) for (const size of sizes) send(pair, role, payload(size, size));
      pair.pump(100_000);
      for (const role of roles) {
        assert.deepEqual(
          pair.side(role).payloads,
          sizes.map((size) => payload(size, size)),
        );
        const [changed] = eventsOf(pair.side(role).events, 'keys-changed');
        assert.equal(changed?.algorithms.cipherToServer, protection.cipher);
        assert.equal(changed?.algorithms.macToClient, protection.mac);
      }
    });
  }

  for (const kind of ['ed25519', 'ecdsa', 'rsa'] as const) {
    test(`know each other by a host key of kind ${kind}`, () => {
      const hostKey = new PrivateKey(crypto.generateKey(kind, kind === 'rsa' ? { bits: 2048 } : {}));
      const pair = established({ hostKey });
      const [offered] = eventsOf(pair.client.events, 'host-key-offered');
      assert.deepEqual(offered?.hostKey, hostKey.publicKey.blob);
      assert.equal(offered?.rekey, false);
      assert.equal(offered?.algorithms.hostKey, offered?.algorithm);
      assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 1);
    });
  }

  test('work however the bytes are cut', () => {
    for (const pieceBytes of [1, 2, 3, 7, 16, 61, 1021]) {
      const pair = new TransportPair(crypto, { preferences: quick });
      pair.establish(pieceBytes);
      for (const role of roles) for (const size of [1, 300, 5000]) send(pair, role, payload(size));
      pair.client.transport.perform({ type: 'rekey' });
      pair.pump(pieceBytes);
      for (const role of roles) {
        assert.deepEqual(
          pair.side(role).payloads,
          [1, 300, 5000].map((size) => payload(size)),
        );
        assert.equal(eventsOf(pair.side(role).events, 'keys-changed').length, 2);
      }
    }
  });

  test('say who they are first, and hear it (RFC 4253 section 4.2)', () => {
    const pair = established();
    assert.equal(
      Buffer.from(pair.client.sentChunks[0] as Uint8Array)
        .subarray(0, 26)
        .toString(),
      'SSH-2.0-Sallyport_client\r\n',
    );
    const [identified] = eventsOf(pair.client.events, 'identified');
    assert.equal(identified?.identification, 'SSH-2.0-Sallyport_server');
    assert.equal(identified?.software, 'Sallyport_server');
    assert.equal(pair.server.events[0]?.type, 'identified');
  });

  test('are strict with each other: sequence numbers begin again with every NEWKEYS (PROTOCOL section 1.10)', () => {
    const pair = established();
    const sequenceNumbers = (): number => {
      send(pair, 'client', payload(5));
      for (const chunk of pair.client.transport.takeOutput()) pair.server.transport.receive(chunk);
      const event = pair.server.transport.nextEvent();
      return event?.type === 'payload-received' ? event.sequenceNumber : -1;
    };
    assert.deepEqual([sequenceNumbers(), sequenceNumbers()], [0, 1]);
    pair.server.transport.perform({ type: 'rekey' });
    pair.pump();
    assert.deepEqual([sequenceNumbers(), sequenceNumbers()], [0, 1]);
    assert.equal(eventsOf(pair.client.events, 'keys-changed')[1]?.algorithms.strict, true);
  });

  test('hide the length of what is sent before authentication is over', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.pump();
    const lengthOf = (size: number): number => {
      send(pair, 'client', payload(size));
      return pair.client.transport.takeOutput().reduce((sum, chunk) => sum + chunk.length, 0);
    };
    assert.equal(lengthOf(70), lengthOf(110));
    pair.client.transport.perform({ type: 'authenticated' });
    assert.notEqual(lengthOf(70), lengthOf(110));
  });
});

describe('lent views', () => {
  test('stay as they are until the next bytes come, however many packets are opened', () => {
    const pair = established();
    const sizes = [10, 5000, 1, 300, 32_000];
    for (const size of sizes) send(pair, 'client', payload(size, size));
    for (const chunk of pair.client.transport.takeOutput()) pair.server.transport.receive(chunk);
    const views: Uint8Array[] = [];
    for (
      let event = pair.server.transport.nextEvent();
      event !== undefined;
      event = pair.server.transport.nextEvent()
    ) {
      if (event.type === 'payload-received') views.push(event.payload);
    }
    pair.server.transport.perform({ type: 'send', payload: payload(100) });
    pair.server.transport.takeOutput();
    assert.deepEqual(
      views,
      sizes.map((size) => payload(size, size)),
    );
  });
});

describe('back-pressure', () => {
  test('no input is wanted while a question is open', () => {
    for (const [role, type] of [
      ['client', 'host-key-offered'],
      ['server', 'signature-wanted'],
    ] as const) {
      const { transport } = asked(role, type);
      assert.equal(transport.inputWanted, false);
      assert.equal(transport.nextEvent(), undefined);
      const wrong = role === 'client' ? 'signing-failed' : 'refuse-host-key';
      assert.throws(() => transport.perform({ type: wrong, description: '' }), TypeError);
      assert.equal(transport.inputWanted, false);
    }
  });

  test('no input is wanted while much output waits', () => {
    const { client } = established();
    for (let i = 0; client.transport.inputWanted; i++) {
      assert.ok(i * 32_768 < wantedOutputBytes);
      client.transport.perform({ type: 'send', payload: payload(32_768) });
    }
    assert.equal(client.transport.sendingBlocked, true);
    client.transport.takeOutput();
    assert.equal(client.transport.inputWanted, true);
    assert.equal(client.transport.sendingBlocked, false);
  });

  test('input beyond a limit while a question is open ends the connection', () => {
    const { transport } = asked('server', 'signature-wanted');
    for (let i = 0; i < 8; i++) transport.receive(new Uint8Array(1024 * 1024));
    assert.equal(transport.nextEvent(), undefined);
    transport.receive(new Uint8Array(1024 * 1024));
    assert.equal(codeOfEnd(transport.nextEvent()), 'limit-exceeded');
  });
});

describe('answers of the owner', () => {
  test('to no question, or to another one, are misuse', () => {
    const pair = established();
    for (const role of roles) {
      const { transport } = pair.side(role);
      assert.throws(() => transport.perform({ type: 'accept-host-key' }), TypeError);
      assert.throws(() => transport.perform({ type: 'refuse-host-key' }), TypeError);
      assert.throws(() => transport.perform({ type: 'provide-signature', signature: payload(1) }), TypeError);
      assert.throws(() => transport.perform({ type: 'signing-failed', description: 'x' }), TypeError);
      assert.equal(transport.nextEvent(), undefined);
    }
  });

  test('a refused host key ends the connection with its reason (RFC 4253 section 8)', () => {
    const pair = asked('client', 'host-key-offered');
    pair.transport.perform({ type: 'refuse-host-key', description: 'Host key verification failed.' });
    assert.equal(codeOfEnd(pair.transport.nextEvent()), 'host-key-refused');
    assert.deepEqual(pair.peerHears(), { reason: 9, description: 'Host key verification failed.' });
  });

  test('a key that cannot sign ends the connection', () => {
    const pair = asked('server', 'signature-wanted');
    pair.transport.perform({ type: 'signing-failed', description: 'agent refused operation' });
    assert.equal(codeOfEnd(pair.transport.nextEvent()), 'signing-failed');
    assert.deepEqual(pair.peerHears(), { reason: 3, description: 'agent refused operation' });
  });
});

describe('EXT_INFO (RFC 8308)', () => {
  const extensions = new Map([['server-sig-algs', utf8Encode('ssh-ed25519')]]);

  test('follows the first NEWKEYS of either role when it was announced before', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    for (const role of roles) pair.side(role).transport.perform({ type: 'announce-extensions', extensions });
    pair.pump();
    for (const role of roles) {
      const types = pair.side(role).events.map((event) => event.type);
      assert.equal(types[types.indexOf('keys-changed') + 1], 'extensions-received');
      assert.deepEqual(eventsOf(pair.side(role).events, 'extensions-received')[0]?.extensions, extensions);
    }
    pair.client.transport.perform({ type: 'rekey' });
    pair.pump();
    for (const role of roles) assert.equal(eventsOf(pair.side(role).events, 'extensions-received').length, 1);
  });

  test('may come again from the server until authentication is over (PROTOCOL section 1.11)', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.pump();
    pair.server.transport.perform({ type: 'announce-extensions', extensions });
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'extensions-received').length, 1);
    pair.client.transport.perform({ type: 'authenticated' });
    pair.server.transport.perform({ type: 'announce-extensions', extensions });
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'extensions-received').length, 1);
    assert.equal(eventsOf(pair.client.events, 'ended').length, 0);
  });

  test('of a client later than its first keys is not taken', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.pump();
    send(pair, 'client', payload(3));
    pair.client.transport.perform({ type: 'announce-extensions', extensions });
    pair.pump();
    assert.equal(eventsOf(pair.server.events, 'extensions-received').length, 0);
    assert.equal(eventsOf(pair.server.events, 'ended').length, 0);
  });
});

describe('PING (PROTOCOL section 1.9)', () => {
  test('is answered with its data once authentication is over', () => {
    const pair = established();
    for (const role of roles) pair.side(role).transport.perform({ type: 'ping', data: utf8Encode(`of ${role}`) });
    pair.pump();
    for (const role of roles) {
      assert.deepEqual(eventsOf(pair.side(role).events, 'pong-received'), [
        { type: 'pong-received', data: utf8Encode(`of ${role}`) },
      ]);
    }
  });

  test('is not answered before, nor while keys are exchanged (CVE-2025-26466)', () => {
    const pair = new TransportPair(crypto, { preferences: quick });
    pair.pump();
    pair.client.transport.perform({ type: 'ping', data: payload(4) });
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'pong-received').length, 0);
    for (const role of roles) pair.side(role).transport.perform({ type: 'authenticated' });
    pair.server.transport.perform({ type: 'rekey' });
    pair.client.transport.perform({ type: 'ping', data: payload(4) });
    pair.pump();
    assert.equal(eventsOf(pair.client.events, 'pong-received').length, 0);
    assert.equal(eventsOf(pair.client.events, 'keys-changed').length, 2);
  });
});

describe('the end', () => {
  test('by the owner is told to the peer once, and nothing follows (RFC 4253 section 11.1)', () => {
    const pair = established();
    send(pair, 'client', payload(20));
    pair.client.transport.perform({ type: 'end', failure: { code: 'closed', description: 'disconnected by user' } });
    send(pair, 'client', payload(21));
    pair.client.transport.perform({ type: 'rekey' });
    pair.client.transport.perform({ type: 'end', failure: { code: 'closed', description: 'again' } });
    assert.equal(pair.client.transport.inputWanted, false);
    pair.pump();
    assert.deepEqual(pair.server.payloads, [payload(20)]);
    assert.deepEqual(eventsOf(pair.client.events, 'ended').length, 1);
    const [ended] = eventsOf(pair.server.events, 'ended');
    assert.equal(ended?.failure.code, 'disconnected-by-peer');
    assert.deepEqual(ended?.disconnect, { reason: 11, description: 'disconnected by user' });
    pair.server.transport.receive(payload(100));
    assert.equal(pair.server.transport.nextEvent(), undefined);
    assert.deepEqual(pair.server.transport.takeOutput(), []);
  });

  test('before the peer said who it is sends nothing but our own line', () => {
    const { client } = new TransportPair(crypto, { preferences: quick });
    client.transport.takeOutput();
    client.transport.perform({ type: 'end', failure: { code: 'timed-out', description: 'timed out' } });
    assert.deepEqual(client.transport.takeOutput(), []);
    assert.equal(client.transport.nextEvent()?.type, 'ended');
  });

  test('is not told for failures of the connection itself', () => {
    const pair = established();
    pair.client.transport.perform({
      type: 'end',
      failure: { code: 'connection-lost', description: 'Connection closed' },
    });
    assert.deepEqual(pair.client.transport.takeOutput(), []);
  });
});

test('Transport refuses an identification that is none', () => {
  const pair = new TransportPair(crypto);
  const options = pair.transportOptions('client');
  assert.throws(() => new Transport({ ...options, identification: 'SSH-2.0-a\r\nb' }), RangeError);
});

test('log lines of a key exchange are OpenSSH’s', () => {
  const lines: string[] = [];
  established({ client: { log: (level, line) => lines.push(`${level}: ${line}`) } });
  assert.deepEqual(lines, [
    'debug1: SSH2_MSG_KEXINIT sent',
    'debug1: SSH2_MSG_KEXINIT received',
    'debug1: kex: algorithm: curve25519-sha256',
    'debug1: kex: host key algorithm: ssh-ed25519',
    'debug1: kex: server->client cipher: aes128-gcm@openssh.com MAC: <implicit> compression: none',
    'debug1: kex: client->server cipher: aes128-gcm@openssh.com MAC: <implicit> compression: none',
    'debug1: expecting SSH2_MSG_KEX_ECDH_REPLY',
    'debug1: SSH2_MSG_KEX_ECDH_REPLY received',
    'debug1: rekey out after 4294967296 blocks',
    'debug1: SSH2_MSG_NEWKEYS sent',
    'debug1: expecting SSH2_MSG_NEWKEYS',
    'debug1: SSH2_MSG_NEWKEYS received',
    'debug1: rekey in after 4294967296 blocks',
  ]);
});
