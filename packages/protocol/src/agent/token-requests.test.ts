import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { askAgent, signatureIn, takeAnswer } from '@sallyport/testing/agent-talk';
import { certify } from '@sallyport/testing/certify';
import { PrivateKey } from '../keys/private-key.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import type { AgentConnection } from './agent-connection.ts';
import { AgentEngine } from './agent-engine.ts';
import { encodeConstraints } from './constraints.ts';
import { encodeAddIdentity } from './identity-key.ts';
import * as messages from './messages.ts';
import type { TokenAnswer, TokenTask } from './outcome.ts';

const crypto = createCryptoProvider();
const data = utf8Encode('what is to be signed');
const provider = '/usr/lib/module.so';
const pin = utf8Encode('1234');
const none = new Uint8Array(0);
const newKey = (): PrivateKey => new PrivateKey(crypto.generateKey('ed25519'));

function start(options: Partial<ConstructorParameters<typeof AgentEngine>[0]> = {}): AgentEngine {
  return new AgentEngine({ crypto, log: () => undefined, unixTime: () => 0, ...options });
}

/** The task that a request leads to; undefined when it is answered without one. */
function taskOf(connection: AgentConnection, request: Uint8Array): TokenTask | undefined {
  assert.equal(askAgent(connection, request)?.[0], undefined);
  const event = connection.nextEvent();
  return event?.type === 'token-wanted' ? event.task : undefined;
}

function answer(connection: AgentConnection, given: TokenAnswer): number | undefined {
  connection.perform({ type: 'answer-token', answer: given });
  return takeAnswer(connection)?.[0];
}

function listed(connection: AgentConnection): messages.AgentIdentity[] {
  return messages.decodeIdentities(askAgent(connection, messages.requestIdentities.encode({})) ?? none);
}

/** A binding that fails: whoever tries one is not local any more. */
function becomeRemote(connection: AgentConnection): void {
  const { sessionBind } = messages.extensionNames;
  askAgent(connection, messages.agentExtension.encode({ name: sessionBind, contents: none }));
}

test('keys of a token are listed under their labels, sign through their owner, and go with their module', () => {
  const connection = start().connect();
  const [first, second] = [newKey().publicKey, newKey().publicKey];
  const task = taskOf(connection, messages.addTokenKeys.encode({ provider: './module.so', pin }));
  assert.deepEqual(task, { type: 'list-keys', provider: './module.so', pin });
  const keys = [
    { publicKey: first, label: 'one' },
    { publicKey: second, label: '' },
  ];
  assert.equal(answer(connection, { provider, keys }), 6);
  assert.ok(task?.type === 'list-keys' && task.pin.every((byte) => byte === 0), 'the PIN is wiped');
  assert.deepEqual(listed(connection), [
    { key: first.blob, comment: 'one' },
    { key: second.blob, comment: provider },
  ]);
  const signing = taskOf(connection, messages.encodeSignRequest(first.blob, data, 'ssh-ed25519'));
  assert.deepEqual(signing, { type: 'sign', provider, publicKey: first, algorithm: 'ssh-ed25519', data });
  connection.perform({ type: 'answer-token', answer: { signature: utf8Encode('signature') } });
  assert.deepEqual(signatureIn(takeAnswer(connection)), utf8Encode('signature'));
  taskOf(connection, messages.encodeSignRequest(first.blob, data, 'ssh-ed25519'));
  assert.equal(answer(connection, {}), 5, 'the token refused');
  assert.deepEqual(taskOf(connection, messages.removeTokenKeys.encode({ provider, pin: none })), {
    type: 'forget',
    provider,
  });
  assert.equal(answer(connection, { provider: '/usr/lib/other.so' }), 5);
  taskOf(connection, messages.removeTokenKeys.encode({ provider, pin: none }));
  assert.equal(answer(connection, { provider }), 6);
  assert.deepEqual(listed(connection), []);
});

test('a module that is refused or has no keys adds nothing', () => {
  const connection = start().connect();
  for (const given of [{}, { provider }, { provider, keys: [] }]) {
    taskOf(connection, messages.addTokenKeys.encode({ provider, pin }));
    assert.equal(answer(connection, given), 5);
  }
});

test('every key of a token gets every constraint, and so does its certificate (CVE-2023-28531, CVE-2023-51384)', async () => {
  const engine = start();
  const connection = engine.connect();
  const [first, second] = [newKey(), newKey()];
  const certificate = await certify(crypto, { key: second.publicKey, authority: first });
  const to = { host: 'elsewhere', keys: [{ key: first.publicKey.blob, isAuthority: false }] };
  const certificates = { certificatesOnly: false, blobs: [certificate.blob] };
  const constraints = encodeConstraints({ lifetimeSeconds: 9, confirm: true, destinations: [{ to }], certificates });
  const keys = [first, second].map(({ publicKey }) => ({ publicKey, label: 'k' }));
  taskOf(connection, messages.addTokenKeysConstrained.encode({ provider, pin, constraints }));
  assert.equal(answer(connection, { provider, keys }), 6);
  assert.equal(listed(connection).length, 3);
  for (const { key } of listed(connection)) {
    const refused = askAgent(connection, messages.encodeSignRequest(key, data, 'ssh-ed25519'));
    assert.equal(refused?.[0], 5, 'no login on that host');
  }
  engine.expire(9000);
  assert.equal(listed(connection).length, 0);
  const only = encodeConstraints({ certificates: { certificatesOnly: true, blobs: [certificate.blob] } });
  taskOf(connection, messages.addTokenKeysConstrained.encode({ provider, pin, constraints: only }));
  assert.equal(answer(connection, { provider, keys }), 6);
  assert.deepEqual(
    listed(connection).map(({ key }) => key),
    [certificate.blob],
  );
});

test('a connection of another host loads no library unless that is allowed (CVE-2016-10009, CVE-2023-38408)', () => {
  const request = messages.addTokenKeys.encode({ provider, pin });
  const remote = start().connect();
  becomeRemote(remote);
  assert.equal(askAgent(remote, request)?.[0], 5);
  assert.equal(remote.nextEvent(), undefined);
  const allowed = start({ allowsRemoteTokens: true }).connect();
  becomeRemote(allowed);
  assert.equal(taskOf(allowed, request)?.type, 'list-keys');
});

const securityKey = (application = 'ssh:'): PrivateKey => {
  const parts = crypto.generateKey('ed25519');
  assert.equal(parts.kind, 'ed25519');
  const publicKey = parts.kind === 'ed25519' ? parts.publicKey : none;
  const handle = { keyHandle: utf8Encode('handle'), reserved: none, flags: 1, application };
  return new PrivateKey({ kind: 'sk-ed25519', publicKey, ...handle });
};

test('a FIDO key needs a library that is allowed, and signs through its owner', () => {
  const connection = start().connect();
  const key = securityKey();
  const add = (constraints: { securityKeyProvider?: string } = {}): Uint8Array =>
    encodeAddIdentity(key, { constraints });
  assert.equal(askAgent(connection, add())?.[0], 5, 'no library');
  const plain = encodeAddIdentity(newKey(), { constraints: { securityKeyProvider: provider } });
  assert.equal(askAgent(connection, plain)?.[0], 5, 'a library without need');
  assert.deepEqual(taskOf(connection, add({ securityKeyProvider: provider })), { type: 'check-provider', provider });
  assert.equal(answer(connection, {}), 5);
  taskOf(connection, add({ securityKeyProvider: provider }));
  assert.equal(answer(connection, { provider: '/usr/lib/real.so' }), 6);
  const task = taskOf(connection, messages.encodeSignRequest(key.publicKey.blob, data, 'ssh-ed25519'));
  assert.ok(task?.type === 'sign-security-key' && task.provider === '/usr/lib/real.so');
  assert.deepEqual(task.key.securityKey?.keyHandle, utf8Encode('handle'));
  assert.equal(answer(connection, { signature: utf8Encode('s') }), 14);
  assert.equal(askAgent(start().connect(), add({ securityKeyProvider: 'internal' }))?.[0], 6);
  const remote = start().connect();
  becomeRemote(remote);
  assert.equal(askAgent(remote, add({ securityKeyProvider: provider }))?.[0], 5);
});

test('a FIDO key of the web signs logins and files, and nothing that a browser could have asked for', () => {
  const fileSignature = new Writer().raw(utf8Encode('SSHSIG')).string('file').string('').string('sha512').string(data);
  for (const [options, signed, expected] of [
    [{}, data, false],
    [{}, fileSignature.bytes(), true],
    [{}, fileSignature.byte(0).bytes(), false],
    [{ websafeApplications: '*' }, data, true],
    [{ websafeApplications: 'https://example.org' }, data, true],
  ] as const) {
    const connection = start(options).connect();
    const key = securityKey('https://example.org');
    askAgent(connection, encodeAddIdentity(key, { constraints: { securityKeyProvider: 'internal' } }));
    const refused = askAgent(connection, messages.encodeSignRequest(key.publicKey.blob, signed, 'ssh-ed25519'));
    assert.equal(refused?.[0], expected ? undefined : 5);
    assert.equal(connection.nextEvent()?.type, expected ? 'token-wanted' : undefined);
  }
});

test('an answer to nothing is our own fault', () => {
  const connection = start().connect();
  assert.throws(() => connection.perform({ type: 'answer-token', answer: {} }), /no token was asked for/);
});
