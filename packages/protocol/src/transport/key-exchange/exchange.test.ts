import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { codeOf, quick, reasonSent, roles } from '@sallyport/testing/quick-transports';
import { ScriptedTransportPeer, type ScriptedTransportPeerOptions } from '@sallyport/testing/scripted-transport-peer';
import { testCrypto } from '@sallyport/testing/transport-pair';
import { keyExchanges } from '../../algorithms/key-exchanges.ts';
import type { Role } from '../../algorithms/roles.ts';
import { PrivateKey } from '../../keys/private-key.ts';
import { kexEcdhInit } from '../../messages/key-exchange.ts';
import * as messages from '../../messages/transport.ts';
import { concatBytes } from '../../wire/bytes.ts';

const crypto = testCrypto();
const hostKey = new PrivateKey(crypto.generateKey('ed25519'));

const makePeer = (role: Role, change: Partial<ScriptedTransportPeerOptions> = {}): ScriptedTransportPeer =>
  new ScriptedTransportPeer(role, { crypto, hostKey, preferences: quick, ...change });

describe('a key exchange with wrong values', () => {
  const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));

  for (const { name } of keyExchanges) {
    const offer = { kexInit: { keyExchanges: [name] }, transport: {} };
    test(`from a server ends the client's connection: ${name}`, () => {
      const tried = [
        (value: Uint8Array) => value.subarray(value.length),
        (value: Uint8Array) => value.subarray(1),
        (value: Uint8Array) => concatBytes(value, new Uint8Array(1)),
        (value: Uint8Array) => flipped(value, value.length - 1),
        (value: Uint8Array) => new Uint8Array(value.length),
      ];
      for (const change of tried) {
        const peer = makePeer('client', { preferences: { ...quick, ...offer.kexInit } });
        peer.identify();
        peer.kexInit(offer.kexInit);
        peer.reply(({ serverValue }) => ({ serverValue: change(serverValue) }));
        assert.match(codeOf(peer) ?? '', /^(?:key-exchange-failed|host-key-signature-incorrect|message-malformed)$/);
        assert.ok([2, 3].includes(reasonSent(peer) ?? 0));
        assert.ok(!peer.numbers.includes(21));
      }
    });

    test(`from a client ends the server's connection: ${name}`, () => {
      const tried = [
        (value: Uint8Array) => value.subarray(value.length),
        (value: Uint8Array) => concatBytes(value, value),
        // A number that is shorter by a byte is a number of a group like any other.
        ...(name.startsWith('diffie-hellman') ? [] : [(value: Uint8Array) => value.subarray(1)]),
        (value: Uint8Array) => new Uint8Array(value.length),
        // 2^255-1 is a number of X25519 like any other (RFC 7748 section 5).
        ...(name.startsWith('curve25519') ? [] : [(value: Uint8Array) => value.slice().fill(0xff)]),
      ];
      for (const change of tried) {
        const peer = makePeer('server', { preferences: { ...quick, ...offer.kexInit } });
        peer.identify();
        peer.kexInit(offer.kexInit);
        const { clientValue } = kexEcdhInit.decode(peer.initPayload());
        peer.send(kexEcdhInit.encode({ clientValue: change(clientValue) }));
        assert.match(codeOf(peer) ?? '', /^(?:key-exchange-failed|message-malformed)$/);
        assert.ok([2, 3].includes(reasonSent(peer) ?? 0));
        assert.equal(
          peer.events.some((event) => event.type === 'signature-wanted'),
          false,
        );
      }
    });
  }

  test('is refused for a signature, host key or algorithm that is not what was agreed on (RFC 4253 section 8)', () => {
    const rsa = new PrivateKey(crypto.generateKey('rsa', { bits: 2048 }));
    const another = new PrivateKey(crypto.generateKey('ed25519'));
    const hash = new Uint8Array(32);
    const cases: readonly (readonly [Parameters<ScriptedTransportPeer['reply']>[0], string])[] = [
      [({ signature }) => ({ signature: flipped(signature, signature.length - 1) }), 'host-key-signature-incorrect'],
      [({ signature }) => ({ signature: signature.subarray(0, -1) }), 'host-key-signature-incorrect'],
      [() => ({ signature: new Uint8Array(0) }), 'host-key-signature-incorrect'],
      [() => ({ signature: another.sign(crypto, 'ssh-ed25519', hash) }), 'host-key-signature-incorrect'],
      [() => ({ hostKey: another.publicKey.blob }), 'host-key-signature-incorrect'],
      [() => ({ hostKey: rsa.publicKey.blob }), 'key-exchange-failed'],
      [
        () => ({ hostKey: rsa.publicKey.blob, signature: rsa.sign(crypto, 'rsa-sha2-256', hash) }),
        'key-exchange-failed',
      ],
      [({ hostKey: blob }) => ({ hostKey: blob.subarray(0, -1) }), 'message-malformed'],
      [() => ({ hostKey: new Uint8Array(0) }), 'message-malformed'],
    ];
    for (const [change, code] of cases) {
      const peer = makePeer('client');
      peer.identify();
      peer.kexInit();
      peer.reply(change);
      assert.equal(codeOf(peer), code);
      assert.equal(
        peer.events.some((event) => event.type === 'host-key-offered'),
        false,
      );
    }
  });

  test('with bytes after the last field is malformed', () => {
    const asClient = makePeer('client');
    asClient.identify();
    asClient.kexInit();
    asClient.send(concatBytes(asClient.replyPayload(), new Uint8Array(1)));
    assert.equal(codeOf(asClient), 'message-malformed');
    const asServer = makePeer('server');
    asServer.identify();
    asServer.kexInit();
    asServer.send(concatBytes(asServer.initPayload(), new Uint8Array(1)));
    assert.equal(codeOf(asServer), 'message-malformed');
  });

  test('without a common algorithm says what was offered', () => {
    for (const role of roles) {
      const peer = makePeer(role);
      peer.identify();
      peer.kexInit({ ciphersToServer: ['unknown'] });
      assert.deepEqual(peer.ended?.failure, {
        code: 'no-common-algorithm',
        description: 'no matching cipher found',
        details: { what: 'cipher', ours: quick.ciphers, theirs: ['unknown'] },
      });
      assert.equal(reasonSent(peer), 3);
    }
  });
});

describe('NEWKEYS (RFC 4253 section 7.3)', () => {
  test('early, twice, or with something behind it ends the connection', () => {
    const early = makePeer('server');
    early.identify();
    early.kexInit();
    early.send(messages.newKeys.encode({}));
    assert.equal(codeOf(early), 'message-unexpected');
    const twice = makePeer('server');
    twice.establish();
    twice.send(messages.newKeys.encode({}));
    assert.equal(codeOf(twice), 'message-unexpected');
    const long = makePeer('client');
    long.identify();
    long.kexInit();
    long.reply();
    long.send(new Uint8Array([21, 0]));
    assert.equal(codeOf(long), 'message-malformed');
  });

  test('that is missing leaves the old keys in force: what is under the new ones is not opened', () => {
    const peer = makePeer('client');
    peer.establish();
    peer.transport.perform({ type: 'authenticated' });
    peer.kexInit();
    peer.reply();
    const before = peer.events.filter((event) => event.type === 'keys-changed').length;
    peer.send(new Uint8Array([94, 1]));
    assert.equal(codeOf(peer), 'message-unexpected');
    assert.equal(peer.events.filter((event) => event.type === 'keys-changed').length, before);
  });
});

describe('a guessed first packet (RFC 4253 section 7)', () => {
  const wrongGuesses = [
    { keyExchanges: ['ecdh-sha2-nistp256', 'curve25519-sha256'] },
    { hostKeyAlgorithms: ['rsa-sha2-256', 'ssh-ed25519'] },
  ];

  test('that is right is used', () => {
    const peer = makePeer('server', { preferences: { ...quick, hostKeyAlgorithms: ['ssh-ed25519'] } });
    peer.identify();
    peer.kexInit({
      firstPacketFollows: true,
      keyExchanges: quick.keyExchanges,
      hostKeyAlgorithms: ['ssh-ed25519'],
    });
    peer.init();
    peer.newKeys();
    assert.equal(peer.events.at(-1)?.type, 'keys-changed');
  });

  for (const guess of wrongGuesses) {
    test(`that is wrong is skipped, once, whatever it says: ${Object.keys(guess)[0]}`, () => {
      for (const wrong of [new Uint8Array([30, 0, 0, 0, 0]), new Uint8Array([30, 1]), new Uint8Array([34])]) {
        const peer = makePeer('server', {
          preferences: { ...quick, hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-256'] },
        });
        peer.identify();
        peer.kexInit({ firstPacketFollows: true, ...guess });
        peer.send(wrong);
        assert.equal(codeOf(peer), undefined);
        peer.init();
        peer.newKeys();
        assert.equal(peer.events.at(-1)?.type, 'keys-changed');
      }
    });

    test(`that is wrong does not excuse a second one, or another message: ${Object.keys(guess)[0]}`, () => {
      const peer = makePeer('server', {
        preferences: { ...quick, hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-256'] },
      });
      peer.identify();
      peer.kexInit({ firstPacketFollows: true, ...guess });
      peer.send(new Uint8Array([30, 1]), new Uint8Array([30, 1]));
      assert.equal(codeOf(peer), 'message-malformed');
      const other = makePeer('server', {
        preferences: { ...quick, hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-256'] },
      });
      other.identify();
      other.kexInit({ firstPacketFollows: true, ...guess });
      other.send(new Uint8Array([50]));
      assert.notEqual(codeOf(other), undefined);
    });
  }

  test('of a server that is wrong is skipped by the client', () => {
    const peer = makePeer('client');
    peer.identify();
    peer.kexInit({ firstPacketFollows: true, hostKeyAlgorithms: ['rsa-sha2-256', 'ssh-ed25519'] });
    peer.send(new Uint8Array([31, 9, 9]));
    peer.reply();
    peer.newKeys();
    assert.equal(peer.events.at(-1)?.type, 'keys-changed');
  });
});

describe('a host key that changes', () => {
  test('is asked about in a re-key, too, and then no more', () => {
    const peer = makePeer('client');
    peer.establish();
    peer.transport.perform({ type: 'authenticated' });
    peer.hostKey = new PrivateKey(crypto.generateKey('ed25519'));
    const { blob } = peer.hostKey.publicKey;
    peer.exchange();
    peer.exchange();
    const offers = peer.events.filter((event) => event.type === 'host-key-offered');
    assert.deepEqual(
      offers.map((offer) => [offer.rekey, offer.hostKey]),
      [
        [false, hostKey.publicKey.blob],
        [true, blob],
      ],
    );
    const changes = peer.events.filter((event) => event.type === 'keys-changed');
    assert.deepEqual(
      changes.map((change) => change.hostKey),
      [hostKey.publicKey.blob, blob, blob],
    );
  });
});
