import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { testCrypto } from '@sallyport/testing/transport-pair';
import type { Failure } from '../../failure/failure.ts';
import { type KexInit, kexInit } from '../../messages/transport.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Writer } from '../../wire/writer.ts';
import type { AlgorithmPreferences } from '../options.ts';
import { kexInitCameFirst, markersOf, readMarkers } from '../strict.ts';
import { type Agreed, agree } from './agreement.ts';
import { type Agreement, negotiate } from './negotiation.ts';
import { makeProposal } from './proposal.ts';
import type { ExchangeContext } from './session.ts';

const crypto = testCrypto();
const preferences: AlgorithmPreferences = {
  keyExchanges: ['curve25519-sha256', 'ecdh-sha2-nistp256'],
  hostKeyAlgorithms: ['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'],
  ciphers: ['aes128-gcm@openssh.com', 'aes128-ctr'],
  macs: ['hmac-sha2-256', 'hmac-sha2-512'],
  compressions: ['none'],
};
const blob = new Uint8Array(1);

const client = makeProposal(crypto, { role: 'client', preferences, hostKeys: [], first: true });
const server = makeProposal(crypto, {
  role: 'server',
  preferences,
  hostKeys: [{ algorithms: ['rsa-sha2-256', 'rsa-sha2-512'], blob }],
  first: true,
});

function agreed(own: KexInit, peer: KexInit, role: 'client' | 'server' = 'client'): Agreement {
  const result = negotiate({ role, own, peer });
  assert.ok(!('code' in result), JSON.stringify(result));
  return result;
}

function refused(own: KexInit, peer: KexInit): Failure {
  const result = negotiate({ role: 'client', own, peer });
  assert.ok('code' in result);
  return result;
}

describe('our KEXINIT (RFC 4253 section 7.1)', () => {
  test('has a fresh random cookie and the preferences', () => {
    const again = makeProposal(crypto, { role: 'client', preferences, hostKeys: [], first: true });
    assert.notDeepEqual(again.cookie, client.cookie);
    assert.deepEqual(again.ciphersToClient, preferences.ciphers);
    assert.deepEqual(again.macsToServer, preferences.macs);
    assert.deepEqual([again.languagesToClient, again.firstPacketFollows, again.reserved], [[], false, 0]);
  });

  test('says in the first exchange only that EXT_INFO and strict key exchange are known (PROTOCOL section 1.10)', () => {
    assert.deepEqual(client.keyExchanges.slice(-2), ['ext-info-c', 'kex-strict-c-v00@openssh.com']);
    assert.deepEqual(server.keyExchanges.slice(-2), ['ext-info-s', 'kex-strict-s-v00@openssh.com']);
    const again = makeProposal(crypto, { role: 'client', preferences, hostKeys: [], first: false });
    assert.deepEqual(again.keyExchanges, preferences.keyExchanges);
  });

  test('offers of a server what it has host keys for, in the order of its preferences', () => {
    assert.deepEqual(server.hostKeyAlgorithms, ['rsa-sha2-512', 'rsa-sha2-256']);
  });
});

describe('negotiation (RFC 4253 section 7.1)', () => {
  test('takes of each list the client’s first name that the server has', () => {
    const peer = { ...server, keyExchanges: ['ecdh-sha2-nistp256', 'curve25519-sha256'] };
    const { algorithms } = agreed(client, peer);
    assert.equal(algorithms.keyExchange, 'curve25519-sha256');
    assert.equal(algorithms.hostKey, 'rsa-sha2-512');
    const asServer = agreed({ ...server, keyExchanges: preferences.keyExchanges }, peer, 'server');
    assert.equal(asServer.algorithms.keyExchange, 'ecdh-sha2-nistp256');
  });

  test('agrees on each direction by itself', () => {
    const { algorithms } = agreed(client, {
      ...server,
      ciphersToClient: ['aes128-ctr'],
      macsToClient: ['hmac-sha2-512'],
    });
    assert.deepEqual(
      [algorithms.cipherToServer, algorithms.macToServer, algorithms.cipherToClient, algorithms.macToClient],
      ['aes128-gcm@openssh.com', '', 'aes128-ctr', 'hmac-sha2-512'],
    );
  });

  test('needs no common MAC for a cipher that authenticates itself (PROTOCOL section 1.6)', () => {
    assert.equal(agreed(client, { ...server, macsToServer: [], macsToClient: ['unknown'] }).algorithms.macToClient, '');
  });

  test('never picks a pseudo-algorithm as key exchange', () => {
    const markers = ['ext-info-c', 'ext-info-s', 'kex-strict-c-v00@openssh.com', 'kex-strict-s-v00@openssh.com'];
    assert.equal(
      refused(client, { ...server, keyExchanges: markers }).description,
      'no matching key exchange method found',
    );
    const lastCommon = { ...server, keyExchanges: [...markers, 'ecdh-sha2-nistp256'] };
    assert.equal(agreed(client, lastCommon).algorithms.keyExchange, 'ecdh-sha2-nistp256');
  });

  test('says what was not common, in OpenSSH’s words and with both offers', () => {
    const cases: readonly (readonly [Partial<KexInit>, string])[] = [
      [{ keyExchanges: ['x'] }, 'key exchange method'],
      [{ hostKeyAlgorithms: [] }, 'host key type'],
      [{ ciphersToServer: ['none', 'x'] }, 'cipher'],
      [{ ciphersToClient: ['aes128-ctr'], macsToClient: [] }, 'MAC'],
      [{ compressionsToServer: ['zlib'] }, 'compression method'],
    ];
    for (const [change, what] of cases) {
      const failed = refused(client, { ...server, ...change });
      assert.equal(failed.code, 'no-common-algorithm');
      assert.equal(failed.description, `no matching ${what} found`);
      assert.equal(failed.details?.['what'], what);
    }
    assert.deepEqual(refused(client, { ...server, ciphersToServer: ['none', 'x'] }).details, {
      what: 'cipher',
      ours: preferences.ciphers,
      theirs: ['none', 'x'],
    });
  });

  test('survives repeated names and very long lists', () => {
    const long = [...Array.from({ length: 6000 }, (_, i) => `name-${i}`), 'curve25519-sha256', 'curve25519-sha256'];
    assert.equal(agreed(client, { ...server, keyExchanges: long }).algorithms.keyExchange, 'curve25519-sha256');
  });

  test('knows a wrong guess by key exchange and by host key, a right one by both (RFC 4253 section 7)', () => {
    const guess = (change: Partial<KexInit>): boolean =>
      agreed(client, {
        ...server,
        hostKeyAlgorithms: preferences.hostKeyAlgorithms,
        firstPacketFollows: true,
        ...change,
      }).wrongGuess;
    assert.equal(guess({}), false);
    assert.equal(guess({ keyExchanges: ['ecdh-sha2-nistp256', 'curve25519-sha256'] }), true);
    assert.equal(guess({ hostKeyAlgorithms: ['rsa-sha2-256', 'ssh-ed25519'] }), true);
    assert.equal(guess({ keyExchanges: ['ecdh-sha2-nistp256'], firstPacketFollows: false }), false);
  });
});

describe('markers', () => {
  test('count in the role that may send them, and not in the other', () => {
    for (const role of ['client', 'server'] as const) {
      const other = role === 'client' ? 'server' : 'client';
      assert.deepEqual(readMarkers(role, markersOf(role)), { strict: true, acceptsExtensionInfo: true });
      assert.deepEqual(readMarkers(role, markersOf(other)), { strict: false, acceptsExtensionInfo: false });
      assert.deepEqual(readMarkers(role, ['kex-strict-c-v01@openssh.com']), {
        strict: false,
        acceptsExtensionInfo: false,
      });
    }
  });
});

describe('the peer’s KEXINIT', () => {
  const context: ExchangeContext = {
    role: 'client',
    crypto,
    preferences,
    hostKeys: [],
    clientIdentification: blob,
    serverIdentification: blob,
    session: undefined,
    debug: () => undefined,
  };
  const take = (peer: KexInit, sequenceNumber = 0, session?: ExchangeContext['session']): Agreed | Failure =>
    agree({ ...context, session }, client, { payload: kexInit.encode(peer), sequenceNumber });

  test('must be the first packet when key exchange is strict (PROTOCOL section 1.10)', () => {
    assert.equal(kexInitCameFirst(0), true);
    const late = take(server, 1);
    assert.ok('code' in late);
    assert.equal(late.code, 'strict-violation');
    const lax = take({ ...server, keyExchanges: preferences.keyExchanges }, 1);
    assert.ok(!('code' in lax));
    assert.equal(lax.algorithms.strict, false);
  });

  test('of a re-key neither turns strictness on nor off, and may have any sequence number', () => {
    for (const strict of [true, false]) {
      const first = take(strict ? server : { ...server, keyExchanges: preferences.keyExchanges });
      assert.ok(!('code' in first));
      const { algorithms, markers } = first;
      const again = take(server, 77, { sessionId: blob, hostKey: blob, algorithms, markers });
      assert.ok(!('code' in again));
      assert.equal(again.algorithms.strict, strict);
    }
  });

  test('is kept as a copy for the exchange hash', () => {
    const payload = kexInit.encode(server);
    const result = agree(context, client, { payload, sequenceNumber: 0 });
    const copy = payload.slice();
    payload.fill(0);
    assert.ok(!('code' in result));
    assert.deepEqual(result.peerKexInit, copy);
  });

  test('may have a reserved field other than 0, and no trailing bytes, short cookie or odd names', () => {
    assert.ok(!('code' in take({ ...server, reserved: 5 })));
    const payload = kexInit.encode(server);
    const list = (names: string): Uint8Array => {
      const writer = new Writer().byte(20).raw(new Uint8Array(16)).string(names);
      for (let i = 0; i < 9; i++) writer.string('');
      return writer.boolean(false).uint32(0).bytes();
    };
    const malformed = [
      new Uint8Array([...payload, 0]),
      payload.subarray(0, -1),
      payload.subarray(0, 10),
      list('a,'),
      list(',a'),
      list('a,,b'),
      list('é'),
      list('a b'),
      list('a\0'),
    ];
    for (const each of malformed) {
      assert.throws(() => agree(context, client, { payload: each, sequenceNumber: 0 }), DecodeError);
    }
  });
});
