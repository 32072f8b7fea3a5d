import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { askAgent, signatureIn } from '@sallyport/testing/agent-talk';
import { certify } from '@sallyport/testing/certify';
import type { Certificate } from '../keys/certificate.ts';
import { PrivateKey } from '../keys/private-key.ts';
import { hostBoundFields, publicKeyFields, userauthRequest } from '../messages/userauth.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import type { AgentConnection } from './agent-connection.ts';
import { AgentEngine } from './agent-engine.ts';
import type { DestinationConstraint, Hop } from './destinations.ts';
import { encodeAddIdentity } from './identity-key.ts';
import {
  addIdentity,
  agentExtension,
  decodeIdentities,
  encodeSignRequest,
  lockAgent,
  removeIdentity,
  requestIdentities,
  sessionBind,
} from './messages.ts';

const crypto = createCryptoProvider();
const success = 6;
const failure = 5;
const extensionFailure = 28;
const now = 1_000_000;

const newKey = (): PrivateKey => new PrivateKey(crypto.generateKey('ed25519'));
const [hostA, hostB, hostC] = [newKey(), newKey(), newKey()] as const;
const sessionOf = (name: string): Uint8Array => utf8Encode(`session ${name}`);

function hop(host: string, key: PrivateKey, user?: string): Hop {
  return { user, host, keys: [{ key: key.publicKey.blob, isAuthority: false }] };
}

interface Binding {
  readonly host: PrivateKey;
  readonly session: Uint8Array;
  readonly forwarding?: boolean;
  /** Who signs, when it is not the host. */
  readonly signer?: PrivateKey;
  /** What is shown for the host's key. */
  readonly blob?: Uint8Array;
}

function bind(connection: AgentConnection, binding: Binding): number | undefined {
  const { host, session, forwarding = false, signer = host, blob = host.publicKey.blob } = binding;
  const contents = sessionBind.encode({
    hostKey: blob,
    sessionId: session,
    signature: signer.sign(crypto, 'ssh-ed25519', session),
    isForwarding: forwarding,
  });
  return askAgent(connection, agentExtension.encode({ name: 'session-bind@openssh.com', contents }))?.[0];
}

interface Login {
  readonly session: Uint8Array;
  readonly user?: string;
  readonly host?: Uint8Array;
  readonly named?: Uint8Array;
  readonly service?: string;
}

function loginData(key: PrivateKey, { session, user = 'alice', host, named, service }: Login): Uint8Array {
  const common = { signed: true, algorithm: 'ssh-ed25519', key: named ?? key.publicKey.blob };
  const signature = new Uint8Array(0);
  const fields =
    host === undefined
      ? publicKeyFields.encode({ ...common, signature })
      : hostBoundFields.encode({ ...common, hostKey: host, signature });
  const method = host === undefined ? 'publickey' : 'publickey-hostbound-v00@openssh.com';
  const request = userauthRequest.encode({ user, service: service ?? 'ssh-connection', method, fields });
  return new Writer().string(session).raw(request).bytes();
}

function logsIn(connection: AgentConnection, key: PrivateKey, login: Login): boolean {
  return signsData(connection, key, loginData(key, login));
}

function signsData(connection: AgentConnection, key: PrivateKey, data: Uint8Array): boolean {
  return signatureIn(askAgent(connection, encodeSignRequest(key.publicKey.blob, data, 'ssh-ed25519'))) !== undefined;
}

function listed(connection: AgentConnection): number {
  return decodeIdentities(askAgent(connection, requestIdentities.encode({})) ?? new Uint8Array(0)).length;
}

function startWith(destinations: readonly DestinationConstraint[]): {
  readonly engine: AgentEngine;
  readonly key: PrivateKey;
} {
  const engine = new AgentEngine({ crypto, log: () => undefined, unixTime: () => now });
  const key = newKey();
  assert.equal(askAgent(engine.connect(), encodeAddIdentity(key, { constraints: { destinations } }))?.[0], success);
  return { engine, key };
}

const session = sessionOf('a');

test('a constrained key is listed locally and logs in on its host only, on a bound connection (PROTOCOL.agent 2)', () => {
  const { engine, key } = startWith([{ to: hop('a', hostA) }]);
  const local = engine.connect();
  assert.equal(listed(local), 1);
  assert.ok(!logsIn(local, key, { session }), 'not bound');
  const bound = engine.connect();
  assert.equal(bind(bound, { host: hostA, session }), success);
  assert.equal(listed(bound), 1);
  assert.ok(logsIn(bound, key, { session }));
  assert.ok(logsIn(bound, key, { session, host: hostA.publicKey.blob }));
  assert.ok(!logsIn(bound, key, { session, host: hostB.publicKey.blob }), 'another host key is signed');
  assert.ok(!logsIn(bound, key, { session: sessionOf('b') }), 'another session');
  assert.ok(!logsIn(bound, key, { session, named: hostA.publicKey.blob }), 'another key is named');
  assert.ok(!logsIn(bound, key, { session, service: 'ssh-userauth' }), 'another service');
  assert.ok(!signsData(bound, key, utf8Encode('anything')), 'no login');
  const other = engine.connect();
  assert.equal(bind(other, { host: hostB, session }), success);
  assert.equal(listed(other), 0);
  assert.ok(!logsIn(other, key, { session }));
  assert.equal(askAgent(other, removeIdentity.encode({ key: key.publicKey.blob }))?.[0], failure, 'hidden there');
  assert.equal(askAgent(other, encodeAddIdentity(key))?.[0], failure, 'not replaced from there');
  assert.equal(askAgent(local, removeIdentity.encode({ key: key.publicKey.blob }))?.[0], success);
});

test('the user of a destination is a pattern', () => {
  const { engine, key } = startWith([{ to: hop('a', hostA, 'git*') }]);
  const bound = engine.connect();
  bind(bound, { host: hostA, session });
  assert.ok(logsIn(bound, key, { session, user: 'git-deploy' }));
  assert.ok(!logsIn(bound, key, { session, user: 'root' }));
});

test('over several hops each must be allowed, from where it is made', () => {
  const { engine, key } = startWith([{ to: hop('a', hostA) }, { from: hop('a', hostA), to: hop('b', hostB, 'bob') }]);
  const viaA = engine.connect();
  assert.equal(bind(viaA, { host: hostA, session, forwarding: true }), success);
  assert.equal(listed(viaA), 1, 'it may go on from a');
  assert.ok(!logsIn(viaA, key, { session }), 'a forwarding is no login');
  const far = sessionOf('far');
  assert.equal(bind(viaA, { host: hostB, session: far }), success);
  assert.ok(!logsIn(viaA, key, { session: far, user: 'bob' }), 'the host key must be signed');
  assert.ok(logsIn(viaA, key, { session: far, user: 'bob', host: hostB.publicKey.blob }));
  assert.ok(!logsIn(viaA, key, { session: far, user: 'eve', host: hostB.publicKey.blob }));
  assert.ok(!logsIn(viaA, key, { session, user: 'bob', host: hostA.publicKey.blob }), 'not the last session');
  const direct = engine.connect();
  assert.equal(bind(direct, { host: hostB, session: far }), success);
  assert.ok(!logsIn(direct, key, { session: far, user: 'bob' }), 'b is for who comes from a');
  const beyond = engine.connect();
  bind(beyond, { host: hostA, session, forwarding: true });
  bind(beyond, { host: hostB, session: far, forwarding: true });
  assert.equal(listed(beyond), 0, 'nothing leads beyond b');
  const wrong = engine.connect();
  bind(wrong, { host: hostA, session, forwarding: true });
  bind(wrong, { host: hostC, session: far });
  assert.equal(listed(wrong), 0);
});

test('a key without constraints serves forwarded connections, too', () => {
  const engine = new AgentEngine({ crypto, log: () => undefined, unixTime: () => now });
  const key = newKey();
  const connection = engine.connect();
  askAgent(connection, encodeAddIdentity(key));
  bind(connection, { host: hostA, session, forwarding: true });
  assert.equal(listed(connection), 1);
  assert.ok(signsData(connection, key, utf8Encode('anything')));
});

test('a binding must be signed by the host key, and belongs to one key and one use (PROTOCOL.agent section 1)', () => {
  const { engine, key } = startWith([{ to: hop('a', hostA) }]);
  const connection = engine.connect();
  assert.equal(bind(connection, { host: hostA, session, signer: hostB }), extensionFailure);
  assert.equal(listed(connection), 0, 'who fails to bind is not local any more');
  assert.equal(bind(connection, { host: hostA, session, forwarding: true }), success);
  assert.equal(bind(connection, { host: hostA, session, forwarding: true }), success, 'again');
  assert.equal(bind(connection, { host: hostB, session, forwarding: true }), extensionFailure, 'of another key');
  assert.equal(bind(connection, { host: hostA, session: sessionOf('x') }), success, 'for a login');
  assert.equal(bind(connection, { host: hostA, session: sessionOf('y') }), extensionFailure, 'after a login');
  assert.ok(!logsIn(connection, key, { session: sessionOf('x'), host: hostA.publicKey.blob }));
  const garbage = agentExtension.encode({ name: 'session-bind@openssh.com', contents: utf8Encode('?') });
  assert.equal(askAgent(connection, garbage)?.[0], extensionFailure);
});

test('a connection is bound to sixteen sessions at most', () => {
  const { engine } = startWith([{ to: hop('a', hostA) }]);
  const connection = engine.connect();
  const outcomes = Array.from({ length: 17 }, (_, index) =>
    bind(connection, { host: hostA, session: sessionOf(`${index}`), forwarding: true }),
  );
  assert.deepEqual(outcomes, [...Array.from({ length: 16 }, () => success), extensionFailure]);
});

test('a binding is taken while the agent is locked, so that nothing is local afterwards that was not before', () => {
  const { engine } = startWith([{ to: hop('a', hostA) }]);
  const connection = engine.connect();
  askAgent(connection, lockAgent.encode({ passphrase: utf8Encode('x') }));
  assert.equal(bind(connection, { host: hostB, session }), success);
});

function certificateOf(host: PrivateKey, authority: PrivateKey, principals: string[]): Promise<Certificate> {
  return certify(crypto, { key: host.publicKey, authority }, { kind: 'host', principals });
}

test('a host may be named by the authority of its certificate, which must hold for the name', async () => {
  const authority = newKey();
  const byAuthority: Hop = { host: 'a.example', keys: [{ key: authority.publicKey.blob, isAuthority: true }] };
  const cases: readonly (readonly [Certificate | undefined, boolean])[] = [
    [await certificateOf(hostA, authority, ['a.example']), true],
    [await certificateOf(hostA, authority, ['*.example']), true],
    [await certificateOf(hostA, authority, ['b.example']), false],
    [await certificateOf(hostA, hostB, ['a.example']), false],
    [undefined, false],
  ];
  for (const [index, [certificate, expected]] of cases.entries()) {
    const { engine, key } = startWith([{ to: byAuthority }]);
    const connection = engine.connect();
    const blob = certificate?.blob ?? hostA.publicKey.blob;
    assert.equal(bind(connection, { host: hostA, session, blob }), success);
    assert.equal(logsIn(connection, key, { session, host: blob }), expected, `${index}`);
    const plain = startWith([{ to: hop('a.example', hostA) }]);
    const other = plain.engine.connect();
    bind(other, { host: hostA, session, blob });
    assert.equal(logsIn(other, plain.key, { session, host: blob }), certificate === undefined, 'a plain key is itself');
  }
});

test('a certificate whose signature is false leads nowhere', async () => {
  const authority = newKey();
  const certificate = await certificateOf(hostA, authority, ['a.example']);
  const blob = certificate.blob.slice();
  blob[blob.length - 1] = (blob.at(-1) ?? 0) ^ 1;
  const { engine, key } = startWith([
    { to: { host: 'a.example', keys: [{ key: authority.publicKey.blob, isAuthority: true }] } },
  ]);
  const connection = engine.connect();
  bind(connection, { host: hostA, session, blob });
  assert.ok(!logsIn(connection, key, { session, host: blob }));
});

test('an identity whose contents end early is none', () => {
  const engine = new AgentEngine({ crypto, log: () => undefined, unixTime: () => now });
  const message = addIdentity.encode({ identity: new Writer().string('ssh-ed25519').bytes() });
  assert.equal(askAgent(engine.connect(), message)?.[0], failure);
});
