import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { askAgent, signatureIn } from '@sallyport/testing/agent-talk';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { samplePrivateKey } from '@sallyport/testing/sample-private-key';
import { isCertificate } from '../keys/certificate.ts';
import { parseAnyPublicLine } from '../keys/formats/public-line.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { verifySignature } from '../keys/public-key.ts';
import { equalBytes } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import type { AgentConnection } from './agent-connection.ts';
import { AgentEngine } from './agent-engine.ts';
import { encodeAddIdentity } from './identity-key.ts';
import * as messages from './messages.ts';

// Every message of the agent protocol, cut at every byte and with every byte changed: refused, or taken for what it
// then says, and never with fewer limits than it came with.

const crypto = createCryptoProvider();
const data = utf8Encode('what is to be signed');
const failures: readonly number[] = [5, 28];
const key = samplePrivateKey(crypto, 'ed25519');
const { blob } = key.publicKey;
const provider = '/usr/lib/module.so';

function start(): AgentEngine {
  return new AgentEngine({ crypto, log: () => undefined, unixTime: () => 0 });
}

/** An agent with the sample key. */
function connectWithKey(engine = start()): AgentConnection {
  const connection = engine.connect();
  assert.equal(askAgent(connection, encodeAddIdentity(key))?.[0], 6);
  return connection;
}

function keysOf(connection: AgentConnection): Uint8Array[] {
  const answer = askAgent(connection, messages.requestIdentities.encode({})) ?? new Uint8Array(0);
  return messages.decodeIdentities(answer).map((identity) => identity.key);
}

function* damagesOf(message: Uint8Array): Generator<Uint8Array> {
  for (let length = 0; length < message.length; length++) yield message.slice(0, length);
  for (let at = 0; at < message.length; at++) {
    for (const mask of [1 << (at % 8), 0x80, 0x08]) {
      const changed = message.slice();
      changed[at] = (changed[at] as number) ^ mask;
      yield changed;
    }
  }
  yield Uint8Array.of(...message, 0);
}

const session = utf8Encode('session');
const host = new PrivateKey(crypto.generateKey('ed25519'));
const bindContents = {
  hostKey: host.publicKey.blob,
  sessionId: session,
  signature: host.sign(crypto, 'ssh-ed25519', session),
  isForwarding: false,
};
const bind = messages.agentExtension.encode({
  name: messages.extensionNames.sessionBind,
  contents: messages.sessionBind.encode(bindContents),
});

test('whatever a damaged request is, it gets one answer or one question, and the agent lives on', () => {
  const requests = [
    messages.requestIdentities.encode({}),
    messages.encodeSignRequest(blob, data, 'ssh-ed25519'),
    messages.removeIdentity.encode({ key: blob }),
    messages.removeAllIdentities.encode({}),
    messages.addTokenKeys.encode({ provider, pin: data }),
    messages.addTokenKeysConstrained.encode({ provider, pin: data, constraints: Uint8Array.of(2, 1, 0, 0, 0, 9) }),
    messages.removeTokenKeys.encode({ provider, pin: data }),
    messages.lockAgent.encode({ passphrase: data }),
    messages.unlockAgent.encode({ passphrase: data }),
    messages.agentExtension.encode({ name: messages.extensionNames.query, contents: new Uint8Array(0) }),
    bind,
  ];
  for (const request of requests) {
    for (const damaged of damagesOf(request)) {
      const connection = connectWithKey();
      const answer = askAgent(connection, damaged.slice());
      const event = connection.nextEvent();
      const isUnderstood = answer === undefined ? event !== undefined || connection.deadline !== undefined : true;
      assert.ok(isUnderstood || damaged.length === 0, String(damaged));
      assert.ok(answer === undefined || [5, 6, 12, 14, 28, 29].includes(answer[0] as number), String(answer));
    }
  }
});

test('a damaged request for a signature gets one over what it then says, or none', () => {
  for (const damaged of damagesOf(messages.encodeSignRequest(blob, data, 'ssh-ed25519'))) {
    const signature = signatureIn(askAgent(connectWithKey(), damaged.slice()));
    if (signature === undefined) continue;
    const asked = messages.signRequest.decode(damaged);
    assert.ok(equalBytes(asked.key, blob));
    assert.ok(verifySignature(crypto, { key: key.publicKey, data: asked.data, signature }));
  }
});

test('a damaged request to remove a key leaves it', () => {
  for (const damaged of damagesOf(messages.removeIdentity.encode({ key: blob }))) {
    const connection = connectWithKey();
    const answer = askAgent(connection, damaged.slice());
    if (damaged[0] === messages.removeIdentity.number) assert.ok(failures.includes(answer?.[0] ?? 5), String(damaged));
    if (damaged[0] === messages.removeIdentity.number) assert.equal(keysOf(connection).length, 1);
  }
});

test('a damaged passphrase unlocks nothing', () => {
  const unlock = messages.unlockAgent.encode({ passphrase: utf8Encode('open sesame') });
  for (const damaged of damagesOf(unlock)) {
    const engine = start();
    const connection = connectWithKey(engine);
    askAgent(connection, messages.lockAgent.encode({ passphrase: utf8Encode('open sesame') }));
    askAgent(connection, damaged.slice());
    assert.equal(keysOf(engine.connect()).length, 0, String(damaged));
  }
});

test('a damaged request that adds a key adds none, or one that still asks before it signs', () => {
  const certificate = parseAnyPublicLine(certificateSamples[0]?.line ?? '').key;
  assert.ok(isCertificate(certificate));
  for (const options of [{}, { certificate }]) {
    const constraints = { confirm: true, lifetimeSeconds: 60 };
    const request = encodeAddIdentity(key, { ...options, comment: 'c', constraints });
    for (const damaged of damagesOf(request)) {
      // Cut between two constraints in a frame of that length it is a request with fewer of them.
      if (damaged.length < request.length) continue;
      const engine = start();
      const answer = askAgent(engine.connect(), damaged.slice())?.[0];
      const connection = engine.connect();
      const [added] = keysOf(connection);
      assert.equal(answer === 6, added !== undefined, String(damaged));
      if (added === undefined) continue;
      const signed = askAgent(connection, messages.encodeSignRequest(added, data, key.publicKey.type));
      assert.equal(signatureIn(signed), undefined, String(damaged));
    }
  }
});

test('a damaged session binding is refused, but for the byte that says whether the session is forwarded', () => {
  for (const damaged of damagesOf(bind)) {
    if (damaged[0] !== messages.agentExtension.number) continue;
    const accepted = askAgent(start().connect(), damaged.slice())?.[0] === 6;
    if (!accepted) continue;
    const { name, contents } = messages.agentExtension.decode(damaged);
    assert.equal(name, messages.extensionNames.sessionBind);
    const { isForwarding, ...others } = messages.sessionBind.decode(contents);
    assert.ok(isForwarding);
    assert.deepEqual({ ...others, isForwarding: false }, bindContents);
  }
});

test('a damaged answer is an error for the client, or what it then says', () => {
  const identity = messages.identity.encode({ key: blob, comment: data });
  const answers: readonly [Uint8Array, (answer: Uint8Array) => unknown][] = [
    [messages.identitiesAnswer.encode({ count: 1, identities: identity }), messages.decodeIdentities],
    [messages.signResponse.encode({ signature: data }), messages.decodeSignature],
    [messages.encodeQueryAnswer(['query', 'x@y']), messages.decodeQueryAnswer],
    [messages.agentSuccess.encode({}), messages.decodeOutcome],
  ];
  for (const [answer, decode] of answers) {
    decode(answer);
    for (const damaged of damagesOf(answer)) {
      try {
        decode(damaged);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }
  }
});
