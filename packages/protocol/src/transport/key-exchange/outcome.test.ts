import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { testCrypto } from '@sallyport/testing/transport-pair';
import { PrivateKey } from '../../keys/private-key.ts';
import { concatBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { exchangeHash } from './exchange-hash.ts';
import { hostKeySignatureIsRight, readHostKey } from './host-key.ts';
import { deriveKey, deriveKeys, type KeySource } from './key-derivation.ts';
import { conclude, wipeOutcome } from './outcome.ts';
import type { ExchangeContext } from './session.ts';

const crypto = testCrypto();
const bytes = (length: number, seed: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 5 + seed) & 0xff);
const sha = (name: string, ...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(
    createHash(name)
      .update(concatBytes(...parts))
      .digest(),
  );

const transcript = {
  clientIdentification: utf8Encode('SSH-2.0-c'),
  serverIdentification: utf8Encode('SSH-2.0-s'),
  clientKexInit: bytes(40, 1),
  serverKexInit: bytes(41, 2),
  hostKey: bytes(42, 3),
  clientValue: bytes(43, 4),
  serverValue: bytes(44, 5),
};
const secret = (): Uint8Array => new Writer().mpint(bytes(32, 200)).bytes();

describe('the exchange hash', () => {
  test('is over everything both sides said and the secret, in order (RFC 4253 section 8)', () => {
    const writer = new Writer();
    for (const part of Object.values(transcript)) writer.string(part);
    const expected = sha('sha384', writer.bytes(), secret());
    assert.deepEqual(exchangeHash(crypto, 'sha384', { ...transcript, secret: secret() }), expected);
  });

  test('changes with each of its parts', () => {
    const whole = exchangeHash(crypto, 'sha256', { ...transcript, secret: secret() });
    for (const name of [...Object.keys(transcript), 'secret'] as const) {
      const parts = { ...transcript, secret: secret() };
      const part = parts[name as keyof typeof parts];
      part.set([(part[0] ?? 0) ^ 1]);
      assert.notDeepEqual(exchangeHash(crypto, 'sha256', parts), whole, name);
      part.set([(part[0] ?? 0) ^ 1]);
    }
  });
});

describe('keys (RFC 4253 section 7.2)', () => {
  const source: KeySource = { crypto, digest: 'sha256', secret: secret(), hash: bytes(32, 8), sessionId: bytes(32, 9) };

  test('are digests of secret, hash, letter and session id, lengthened by digests of what is there', () => {
    const first = sha('sha256', source.secret, source.hash, utf8Encode('C'), source.sessionId);
    const second = sha('sha256', source.secret, source.hash, first);
    const third = sha('sha256', source.secret, source.hash, first, second);
    const whole = concatBytes(first, second, third);
    for (const length of [0, 1, 16, 32, 33, 64, 65, 96]) {
      assert.deepEqual(deriveKey(source, 'C', length), whole.subarray(0, length));
    }
  });

  test('have a letter of their own for each direction and purpose', () => {
    const names = { cipher: 'aes256-ctr', mac: 'hmac-sha2-512' };
    const toServer = deriveKeys(source, 'toServer', names);
    const toClient = deriveKeys(source, 'toClient', names);
    const expected = ['A', 'B', 'C', 'D', 'E', 'F'].map((letter) => deriveKey(source, letter, 16));
    const found = [toServer.iv, toClient.iv, toServer.key, toClient.key, toServer.macKey, toClient.macKey];
    assert.deepEqual(
      found.map((key) => key.slice(0, 16)),
      expected,
    );
    assert.deepEqual([toServer.iv.length, toServer.key.length, toServer.macKey.length], [16, 32, 64]);
  });

  test('are made for algorithms of the tables only', () => {
    assert.throws(() => deriveKeys(source, 'toServer', { cipher: 'none', mac: '' }), TypeError);
    assert.throws(() => deriveKeys(source, 'toServer', { cipher: 'aes256-ctr', mac: '' }), TypeError);
    assert.equal(deriveKeys(source, 'toServer', { cipher: 'aes128-gcm@openssh.com', mac: '' }).macKey.length, 0);
  });
});

describe('the outcome of an exchange', () => {
  const algorithms = {
    keyExchange: 'curve25519-sha256',
    hostKey: 'ssh-ed25519',
    cipherToServer: 'aes128-gcm@openssh.com',
    cipherToClient: 'aes256-ctr',
    macToServer: '',
    macToClient: 'hmac-sha2-256',
    compressionToServer: 'none',
    compressionToClient: 'none',
    strict: true,
  };
  const agreed = {
    row: {
      name: 'curve25519-sha256',
      digest: 'sha256',
      parameters: { family: 'ecdh', curve: 'x25519' },
      defaultFor: [],
      reference: '',
    },
    algorithms,
    markers: { strict: true, acceptsExtensionInfo: false },
    peerKexInit: transcript.serverKexInit,
    wrongGuess: false,
  } as const;
  const context = (session?: ExchangeContext['session']): ExchangeContext => ({
    role: 'client',
    crypto,
    preferences: { keyExchanges: [], hostKeyAlgorithms: [], ciphers: [], macs: [], compressions: [] },
    hostKeys: [],
    clientIdentification: transcript.clientIdentification,
    serverIdentification: transcript.serverIdentification,
    session,
    debug: () => undefined,
  });
  const exchanged = (): Parameters<typeof conclude>[2] => ({
    ...transcript,
    ownKexInit: transcript.clientKexInit,
    secret: secret(),
  });

  test('takes the first hash as the session id and keeps it in later exchanges', () => {
    const first = conclude(context(), agreed, exchanged());
    assert.deepEqual(first.session.sessionId, first.hash);
    assert.deepEqual(first.hash, exchangeHash(crypto, 'sha256', { ...transcript, secret: secret() }));
    const session = { ...first.session, sessionId: bytes(32, 1) };
    const second = conclude(context(session), agreed, exchanged());
    assert.deepEqual(second.session.sessionId, bytes(32, 1));
    assert.notDeepEqual(second.sendingKeys.key, first.sendingKeys.key);
  });

  test('gives both roles the same hash and each other’s keys, and overwrites the secret', () => {
    const values = exchanged();
    const ofClient = conclude(context(), agreed, values);
    assert.ok(values.secret.every((byte) => byte === 0));
    const ofServer = conclude(
      { ...context(), role: 'server' },
      { ...agreed, peerKexInit: transcript.clientKexInit },
      { ...exchanged(), ownKexInit: transcript.serverKexInit },
    );
    assert.deepEqual(ofServer.hash, ofClient.hash);
    assert.deepEqual(ofServer.sendingKeys, ofClient.receivingKeys);
    assert.deepEqual(ofServer.receivingKeys, ofClient.sendingKeys);
    assert.equal(ofClient.sendingKeys.cipher, 'aes128-gcm@openssh.com');
  });

  test('can be wiped, but for what is in force', () => {
    const outcome = conclude(context(), agreed, exchanged());
    wipeOutcome(outcome, 'receiving');
    assert.ok(outcome.receivingKeys.key.every((byte) => byte === 0));
    assert.ok(outcome.sendingKeys.key.some((byte) => byte !== 0));
    wipeOutcome(outcome, 'both');
    assert.ok(outcome.sendingKeys.key.every((byte) => byte === 0));
  });
});

describe('the host key of a reply (RFC 4253 section 8)', () => {
  const ed25519 = new PrivateKey(crypto.generateKey('ed25519'));
  const rsa = new PrivateKey(crypto.generateKey('rsa', { bits: 2048 }));

  test('is of the negotiated algorithm’s type', () => {
    assert.ok('blob' in readHostKey('ssh-ed25519', ed25519.publicKey.blob));
    assert.ok('blob' in readHostKey('rsa-sha2-256', rsa.publicKey.blob));
    for (const [algorithm, key] of [
      ['rsa-sha2-512', ed25519],
      ['ssh-ed25519', rsa],
      ['ecdsa-sha2-nistp256', ed25519],
      ['unknown', ed25519],
    ] as const) {
      const refused = readHostKey(algorithm, key.publicKey.blob);
      assert.ok('code' in refused);
      assert.equal(refused.code, 'key-exchange-failed');
    }
    assert.throws(() => readHostKey('ssh-ed25519', new Uint8Array(3)), DecodeError);
  });

  test('signs with the negotiated algorithm and no other', () => {
    const hash = bytes(32, 1);
    const key = rsa.publicKey;
    const signature = rsa.sign(crypto, 'rsa-sha2-256', hash);
    const right = (change: object): boolean =>
      hostKeySignatureIsRight(crypto, { key, algorithm: 'rsa-sha2-256', hash, signature, ...change });
    assert.equal(right({}), true);
    assert.equal(right({ algorithm: 'rsa-sha2-512' }), false);
    assert.equal(right({ hash: bytes(32, 2) }), false);
    assert.equal(right({ signature: ed25519.sign(crypto, 'ssh-ed25519', hash) }), false);
    assert.equal(right({ signature: new Uint8Array(0) }), false);
  });
});
