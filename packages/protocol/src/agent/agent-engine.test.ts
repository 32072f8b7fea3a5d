import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { askAgent, signatureIn, takeAnswer } from '@sallyport/testing/agent-talk';
import { certify } from '@sallyport/testing/certify';
import { keySamples } from '@sallyport/testing/key-samples';
import { samplePrivateKey } from '@sallyport/testing/sample-private-key';
import { signatureAlgorithmsOf } from '../algorithms/signatures.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { verifySignature } from '../keys/public-key.ts';
import { utf8Encode } from '../wire/utf8.ts';
import type { AgentConnection } from './agent-connection.ts';
import { AgentEngine } from './agent-engine.ts';
import { maximumAgentMessageBytes } from './framing.ts';
import { encodeAddIdentity } from './identity-key.ts';
import {
  agentExtension,
  decodeIdentities,
  decodeQueryAnswer,
  encodeSignRequest,
  lockAgent,
  removeAllIdentities,
  removeIdentity,
  requestIdentities,
  signRequest,
  unlockAgent,
} from './messages.ts';

const crypto = createCryptoProvider();
const data = utf8Encode('what is to be signed');
const success = Uint8Array.of(6);
const failure = Uint8Array.of(5);
const list = requestIdentities.encode({});

function startEngine(lifetimeSeconds?: number): AgentEngine {
  return new AgentEngine({ crypto, log: () => undefined, unixTime: () => 0, lifetimeSeconds });
}

function newKey(comment = 'one'): PrivateKey {
  return new PrivateKey(crypto.generateKey('ed25519'), comment);
}

function blobs(connection: AgentConnection): Uint8Array[] {
  return decodeIdentities(askAgent(connection, list) ?? failure).map(({ key }) => key);
}

function signs(connection: AgentConnection, key: PrivateKey): boolean {
  const request = encodeSignRequest(key.publicKey.blob, data, key.publicKey.type);
  const signature = signatureIn(askAgent(connection, request));
  return signature !== undefined && verifySignature(crypto, { key: key.publicKey, data, signature });
}

test('a key of every type is added, listed, signs and is removed (RFC 9987 sections 4.2 to 4.6)', () => {
  const connection = startEngine().connect();
  for (const { name } of keySamples) {
    const key = samplePrivateKey(crypto, name);
    const { blob, type } = key.publicKey;
    assert.deepEqual(askAgent(connection, encodeAddIdentity(key, { comment: name })), success, name);
    assert.deepEqual(decodeIdentities(askAgent(connection, list) ?? failure), [{ key: blob, comment: name }]);
    for (const algorithm of signatureAlgorithmsOf(type)) {
      const signature = signatureIn(askAgent(connection, encodeSignRequest(blob, data, algorithm.name)));
      assert.ok(signature !== undefined, algorithm.name);
      assert.ok(verifySignature(crypto, { key: key.publicKey, algorithm: algorithm.name, data, signature }));
    }
    assert.deepEqual(askAgent(connection, removeIdentity.encode({ key: blob })), success);
    assert.deepEqual(askAgent(connection, removeIdentity.encode({ key: blob })), failure);
    assert.deepEqual(blobs(connection), []);
  }
});

test('a certificate and its plain key are two identities, and the private fields fit only their own', async () => {
  const connection = startEngine().connect();
  const authority = newKey();
  for (const { name } of keySamples) {
    const key = samplePrivateKey(crypto, name);
    const certificate = await certify(crypto, { key: key.publicKey, authority });
    assert.deepEqual(askAgent(connection, encodeAddIdentity(key, { certificate })), success, name);
    assert.deepEqual(askAgent(connection, encodeAddIdentity(key)), success);
    assert.deepEqual(blobs(connection), [certificate.blob, key.publicKey.blob]);
    const algorithm = signatureAlgorithmsOf(key.publicKey.type)[0]?.name ?? '';
    const signature = signatureIn(askAgent(connection, encodeSignRequest(certificate.blob, data, algorithm)));
    assert.ok(signature !== undefined && verifySignature(crypto, { key: key.publicKey, data, signature }), name);
    assert.deepEqual(askAgent(connection, removeAllIdentities.encode({})), success);
  }
  const certificate = await certify(crypto, { key: authority.publicKey, authority });
  assert.deepEqual(askAgent(connection, encodeAddIdentity(newKey(), { certificate })), failure);
});

test('a key lives as long as it was added for, or as the agent allows, and not a moment longer', () => {
  const engine = startEngine(10);
  engine.expire(1000);
  const connection = engine.connect();
  const keys = [newKey(), newKey(), newKey()] as const;
  assert.deepEqual(askAgent(connection, encodeAddIdentity(keys[0], { constraints: { lifetimeSeconds: 3 } })), success);
  assert.deepEqual(askAgent(connection, encodeAddIdentity(keys[1])), success);
  assert.deepEqual(askAgent(connection, encodeAddIdentity(keys[2], { constraints: { lifetimeSeconds: 0 } })), success);
  engine.expire(1000);
  assert.equal(blobs(connection).length, 2, 'a lifetime of 0 is over at once');
  assert.equal(engine.deadline, 4000);
  engine.expire(3999);
  assert.ok(signs(connection, keys[0]));
  engine.expire(4000);
  assert.ok(!signs(connection, keys[0]));
  assert.equal(engine.deadline, 11_000);
  engine.expire(11_000);
  assert.deepEqual(blobs(connection), []);
  assert.equal(engine.deadline, undefined);
});

test('adding a key again replaces its constraints', () => {
  const engine = startEngine();
  const connection = engine.connect();
  const key = newKey();
  askAgent(connection, encodeAddIdentity(key, { constraints: { lifetimeSeconds: 5 } }));
  askAgent(connection, encodeAddIdentity(key, { comment: 'again' }));
  assert.deepEqual(decodeIdentities(askAgent(connection, list) ?? failure), [
    { key: key.publicKey.blob, comment: 'again' },
  ]);
  assert.equal(engine.deadline, undefined);
  assert.ok(signs(connection, key));
});

test('a key that wants a confirmation signs after a yes only, while others go on', () => {
  const engine = startEngine();
  const connection = engine.connect();
  const other = engine.connect();
  const key = newKey('mine\u001b[2J');
  const plain = newKey();
  askAgent(connection, encodeAddIdentity(key, { constraints: { confirm: true } }));
  askAgent(connection, encodeAddIdentity(plain));
  for (const allowed of [true, false]) {
    const request = encodeSignRequest(key.publicKey.blob, data, 'ssh-ed25519');
    assert.equal(askAgent(connection, request), undefined);
    assert.equal(connection.inputWanted, false);
    const event = connection.nextEvent();
    assert.equal(event?.type, 'confirmation-wanted');
    assert.deepEqual(event.type === 'confirmation-wanted' && event.question.comment, 'mine\\033[2J');
    assert.equal(connection.nextEvent(), undefined);
    assert.ok(signs(other, plain));
    connection.perform({ type: 'answer-confirmation', allowed });
    const signature = signatureIn(takeAnswer(connection));
    assert.equal(signature !== undefined, allowed);
    assert.equal(connection.inputWanted, true);
  }
  assert.throws(() => connection.perform({ type: 'answer-confirmation', allowed: true }), /no confirmation/);
});

test('a yes that comes too late signs nothing: the key was removed, replaced or the agent locked meanwhile', () => {
  const meanwhile: readonly Uint8Array[] = [
    removeAllIdentities.encode({}),
    lockAgent.encode({ passphrase: utf8Encode('x') }),
  ];
  for (const change of meanwhile) {
    const engine = startEngine();
    const connection = engine.connect();
    const key = newKey();
    askAgent(connection, encodeAddIdentity(key, { constraints: { confirm: true } }));
    askAgent(connection, encodeSignRequest(key.publicKey.blob, data, 'ssh-ed25519'));
    assert.deepEqual(askAgent(engine.connect(), change), success);
    connection.perform({ type: 'answer-confirmation', allowed: true });
    assert.deepEqual(takeAnswer(connection), failure);
  }
});

test('a locked agent has no keys and takes none until the passphrase comes (RFC 9987 section 4.7)', () => {
  const engine = startEngine();
  const connection = engine.connect();
  const key = newKey();
  const passphrase = utf8Encode('correct');
  askAgent(connection, encodeAddIdentity(key));
  assert.deepEqual(askAgent(connection, unlockAgent.encode({ passphrase })), failure);
  assert.deepEqual(askAgent(connection, lockAgent.encode({ passphrase: new Uint8Array(0) })), failure);
  assert.deepEqual(askAgent(connection, lockAgent.encode({ passphrase })), success);
  assert.deepEqual(blobs(connection), []);
  assert.ok(!signs(connection, key));
  const refused = [
    encodeAddIdentity(newKey()),
    removeIdentity.encode({ key: key.publicKey.blob }),
    removeAllIdentities.encode({}),
    lockAgent.encode({ passphrase }),
    agentExtension.encode({ name: 'query', contents: new Uint8Array(0) }),
  ];
  for (const request of refused) assert.deepEqual(askAgent(connection, request), failure);
  assert.deepEqual(askAgent(connection, unlockAgent.encode({ passphrase })), success);
  assert.ok(signs(connection, key));
});

test('each wrong passphrase makes the next try wait longer, on every connection, up to ten seconds', () => {
  const engine = startEngine();
  const [first, second] = [engine.connect(), engine.connect()];
  const wrong = unlockAgent.encode({ passphrase: utf8Encode('wrong') });
  const right = unlockAgent.encode({ passphrase: utf8Encode('right') });
  askAgent(first, lockAgent.encode({ passphrase: utf8Encode('right') }));
  let now = 0;
  for (let failures = 1; failures <= 103; failures++) {
    assert.equal(askAgent(first, wrong), undefined);
    assert.equal(engine.deadline, now + Math.min(failures, 100) * 100);
    if (failures === 2) {
      assert.equal(askAgent(second, wrong), undefined, 'nobody tries meanwhile');
      assert.equal(second.deadline, engine.deadline);
      second.close();
    }
    now = engine.deadline ?? 0;
    engine.expire(now - 1);
    assert.equal(takeAnswer(first), undefined);
    engine.expire(now);
    assert.deepEqual(takeAnswer(first), failure);
  }
  assert.deepEqual(askAgent(first, right), success);
});

test('a try that had to wait is made when its time has come', () => {
  const engine = startEngine();
  const [first, second] = [engine.connect(), engine.connect()];
  askAgent(first, lockAgent.encode({ passphrase: utf8Encode('right') }));
  askAgent(first, unlockAgent.encode({ passphrase: utf8Encode('wrong') }));
  assert.equal(askAgent(second, unlockAgent.encode({ passphrase: utf8Encode('right') })), undefined);
  engine.expire(100);
  assert.deepEqual(takeAnswer(first), failure);
  assert.deepEqual(takeAnswer(second), success);
});

test('the extensions are told, and one that is unknown fails (RFC 9987 section 4.8)', () => {
  const connection = startEngine().connect();
  const ask = (name: string): Uint8Array =>
    askAgent(connection, agentExtension.encode({ name, contents: new Uint8Array(0) })) ?? failure;
  assert.deepEqual(decodeQueryAnswer(ask('query')), ['query', 'session-bind@openssh.com']);
  assert.deepEqual(ask('no-such-extension@example.org'), failure);
});

test('a request of any unknown number fails, and the connection goes on', () => {
  const known = [11, 13, 17, 18, 19, 22, 23, 25, 27];
  const connection = startEngine().connect();
  for (let number = 0; number < 256; number++) {
    if (!known.includes(number)) assert.deepEqual(askAgent(connection, Uint8Array.of(number)), failure, `${number}`);
  }
  assert.deepEqual(blobs(connection), []);
});

test('sign flags choose the digest of RSA, SHA-1 by none, and unknown ones are refused (RFC 9987 section 4.5.1)', () => {
  const connection = startEngine().connect();
  const key = samplePrivateKey(crypto, 'rsa1024');
  askAgent(connection, encodeAddIdentity(key));
  const ask = (flags: number): Uint8Array | undefined =>
    askAgent(connection, signRequest.encode({ key: key.publicKey.blob, data, flags }));
  for (const flags of [1, 8, 3, 0xffffffff]) assert.deepEqual(ask(flags), failure, `${flags}`);
  const algorithms = { 0: 'ssh-rsa', 2: 'rsa-sha2-256', 4: 'rsa-sha2-512', 6: 'rsa-sha2-512' };
  for (const [flags, algorithm] of Object.entries(algorithms)) {
    const signature = signatureIn(ask(Number(flags)));
    assert.ok(signature !== undefined);
    assert.ok(verifySignature(crypto, { key: key.publicKey, algorithm, data, signature }), algorithm);
  }
});

test('a client that asks without reading costs one answer', () => {
  const connection = startEngine().connect();
  const request = Uint8Array.of(0, 0, 0, 1, 11);
  connection.receive(Uint8Array.from(Array.from({ length: 1000 }, () => [...request]).flat()));
  assert.equal(connection.inputWanted, false);
  let answers = 0;
  while (connection.takeOutput().length > 0) answers++;
  assert.equal(answers, 1000);
  assert.equal(connection.inputWanted, true);
});

test('a message without a length or above 256 KiB ends the connection and no other', () => {
  for (const length of [0, maximumAgentMessageBytes + 1, 0xffffffff]) {
    const engine = startEngine();
    const connection = engine.connect();
    const header = new Uint8Array(4);
    new DataView(header.buffer).setUint32(0, length);
    connection.receive(header);
    assert.equal(connection.nextEvent()?.type, 'ended');
    assert.equal(connection.inputWanted, false);
    connection.receive(list);
    assert.deepEqual(connection.takeOutput(), []);
    connection.close();
    assert.deepEqual(blobs(engine.connect()), []);
  }
});

test('there are never more keys than one list can tell', () => {
  const connection = startEngine().connect();
  const comment = 'c'.repeat(64 * 1024);
  const keys = Array.from({ length: 5 }, () => newKey());
  const outcomes = keys.map((key) => askAgent(connection, encodeAddIdentity(key, { comment }))?.[0]);
  assert.deepEqual(outcomes, [6, 6, 6, 5, 5]);
  assert.equal(blobs(connection).length, 3);
  askAgent(connection, removeAllIdentities.encode({}));
  assert.deepEqual(askAgent(connection, encodeAddIdentity(newKey(), { comment })), success);
});

test('removing all keys by a signal wipes them while a client waits', () => {
  const engine = startEngine();
  const connection = engine.connect();
  const key = newKey();
  askAgent(connection, encodeAddIdentity(key));
  engine.removeAll();
  assert.ok(!signs(connection, key));
});

test('an add request with a byte changed or cut off is refused or adds a key that works', () => {
  for (const name of ['ed25519', 'ecdsa256']) {
    const key = samplePrivateKey(crypto, name);
    const message = encodeAddIdentity(key, { comment: 'c', constraints: { lifetimeSeconds: 9, confirm: true } });
    for (let at = 1; at < message.length; at++) {
      for (const damaged of [message.slice(0, at), withByte(message, at, 0xff), withByte(message, at, 0x01)]) {
        const connection = startEngine().connect();
        const answer = askAgent(connection, damaged)?.[0];
        assert.ok(answer === 5 || answer === 6, `${name} at ${at}`);
        assert.equal(blobs(connection).length, answer === 6 ? 1 : 0);
      }
    }
  }
});

function withByte(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[at] = (copy[at] ?? 0) ^ mask;
  return copy;
}
