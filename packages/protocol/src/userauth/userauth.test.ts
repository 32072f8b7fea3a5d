import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userauthPublicKeyOk, userauthSuccess } from '../messages/userauth.ts';
import { utf8Decode, utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import type { UserauthAttempt, UserauthClientCommand, UserauthServerCommand } from './events.ts';
import { UserauthClient } from './userauth-client.ts';
import { UserauthServer } from './userauth-server.ts';

const sessionId = utf8Encode('a session identifier');
const hostKey = utf8Encode('host key blob');
const key = utf8Encode('user key blob');

/** Both roles back to back: what one gives to be sent the other receives at once. */
class Pair {
  readonly client: UserauthClient;
  readonly server = new UserauthServer({ sessionId, hostKey, maximumAttempts: 6 });

  constructor(answersInOrder = false) {
    this.client = new UserauthClient({ user: 'ann', service: 'ssh-connection', sessionId, hostKey, answersInOrder });
  }

  clientDoes(command: UserauthClientCommand): void {
    this.client.perform(command);
    for (const payload of this.client.takePayloads()) this.server.receivePayload(payload);
  }

  serverDoes(command: UserauthServerCommand): void {
    this.server.perform(command);
    for (const payload of this.server.takePayloads()) this.client.receivePayload(payload);
  }

  /** The next events of both sides, which must be the only ones. */
  clientSays<T extends string>(type: T) {
    const event = this.client.nextEvent();
    assert.equal(event?.type, type, JSON.stringify(event));
    assert.equal(this.client.nextEvent(), undefined);
    return event as Extract<typeof event, { readonly type: T }>;
  }

  serverSays<T extends string>(type: T) {
    const event = this.server.nextEvent();
    assert.equal(event?.type, type, JSON.stringify(event));
    assert.equal(this.server.nextEvent(), undefined);
    return event as Extract<typeof event, { readonly type: T }>;
  }
}

function startedPair(answersInOrder = false): Pair {
  const pair = new Pair(answersInOrder);
  const wanted = pair.clientSays('attempt-wanted');
  assert.deepEqual(wanted, { type: 'attempt-wanted', methods: [], partialSuccess: false, failed: undefined });
  return pair;
}

test('UserauthClient learns the methods by none and is told which attempt failed (RFC 4252 section 5.2)', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'attempt', attempt: { method: 'none' } });
  const asked = pair.serverSays('authentication-requested');
  assert.deepEqual(asked, {
    type: 'authentication-requested',
    user: 'ann',
    request: { method: 'none' },
    attempt: 1,
  });
  pair.serverDoes({ type: 'refuse', methods: ['publickey', 'password'], counts: false });
  const wanted = pair.clientSays('attempt-wanted');
  assert.deepEqual(wanted.methods, ['publickey', 'password']);
  assert.equal(wanted.partialSuccess, false);
  assert.deepEqual(wanted.failed, { method: 'none' });
});

for (const hostBound of [false, true]) {
  const title = hostBound ? 'host-bound publickey (PROTOCOL section 3.1)' : 'publickey (RFC 4252 section 7)';
  test(`${title} probes, signs exactly what the server says was signed, and ends in success`, () => {
    const pair = startedPair();
    const attempt = { method: 'publickey', algorithm: 'ssh-ed25519', key, probe: true, hostBound } as const;
    pair.clientDoes({ type: 'attempt', attempt });
    const query = pair.serverSays('authentication-requested');
    assert.deepEqual(query.request, { method: 'publickey-query', algorithm: 'ssh-ed25519', key, hostBound });
    pair.serverDoes({ type: 'accept-key' });
    const question = pair.clientSays('signature-wanted');
    const expected = new Writer()
      .string(sessionId)
      .byte(50)
      .string('ann')
      .string('ssh-connection')
      .string(hostBound ? 'publickey-hostbound-v00@openssh.com' : 'publickey')
      .boolean(true)
      .string('ssh-ed25519')
      .string(key);
    if (hostBound) expected.string(hostKey);
    assert.deepEqual(question.data, expected.bytes());
    pair.clientDoes({ type: 'provide-signature', signature: utf8Encode('a signature') });
    const { request } = pair.serverSays('authentication-requested');
    assert.equal(request.method, 'publickey');
    if (request.method !== 'publickey') return;
    assert.deepEqual(request.signedData, question.data);
    assert.equal(utf8Decode(request.signature), 'a signature');
    assert.equal(request.hostBound, hostBound);
    pair.serverDoes({ type: 'accept' });
    assert.equal(pair.serverSays('authenticated').method, 'publickey');
    assert.equal(pair.clientSays('authenticated').method, 'publickey');
  });
}

test('publickey without a probe asks for the signature before anything is sent', () => {
  const pair = startedPair();
  const attempt = { method: 'publickey', algorithm: 'ssh-ed25519', key, probe: false, hostBound: false } as const;
  pair.client.perform({ type: 'attempt', attempt });
  assert.equal(pair.client.takePayloads().length, 0);
  pair.clientSays('signature-wanted');
  pair.clientDoes({ type: 'skip-attempt' });
  const wanted = pair.clientSays('attempt-wanted');
  assert.deepEqual(wanted.failed, attempt);
  assert.equal(wanted.partialSuccess, false);
  assert.equal(pair.server.nextEvent(), undefined);
});

test('password is refused, must be changed, and is accepted (RFC 4252 section 8)', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'attempt', attempt: { method: 'password', password: utf8Encode('wrong') } });
  pair.serverSays('authentication-requested');
  pair.serverDoes({ type: 'refuse', methods: ['password'], counts: true });
  pair.clientSays('attempt-wanted');
  pair.clientDoes({ type: 'attempt', attempt: { method: 'password', password: utf8Encode('old') } });
  assert.equal(pair.serverSays('authentication-requested').attempt, 2);
  pair.serverDoes({ type: 'ask-password-change', prompt: 'expired' });
  assert.equal(pair.clientSays('password-change-wanted').prompt, 'expired');
  pair.clientDoes({ type: 'change-password', password: utf8Encode('old'), newPassword: utf8Encode('new') });
  const { request } = pair.serverSays('authentication-requested');
  assert.deepEqual(request, { method: 'password', password: utf8Encode('old'), newPassword: utf8Encode('new') });
  pair.serverDoes({ type: 'accept' });
  pair.serverSays('authenticated');
  pair.clientSays('authenticated');
});

test('the arrays of a password request are wiped when it has been judged', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'attempt', attempt: { method: 'password', password: utf8Encode('secret') } });
  const { request } = pair.serverSays('authentication-requested');
  assert.ok(request.method === 'password');
  assert.equal(utf8Decode(request.password), 'secret');
  pair.serverDoes({ type: 'refuse', methods: ['password'], counts: true });
  assert.deepEqual(request.password, new Uint8Array(6));
});

test('responses are wiped when they have been judged, a key stays', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'attempt', attempt: { method: 'keyboard-interactive', submethods: '' } });
  pair.serverSays('authentication-requested');
  const prompts = [{ text: 'PIN: ', echo: false }];
  pair.serverDoes({ type: 'ask-responses', name: '', instruction: '', prompts });
  pair.clientSays('responses-wanted');
  pair.clientDoes({ type: 'provide-responses', responses: [utf8Encode('1234')] });
  const { request } = pair.serverSays('authentication-requested');
  assert.ok(request.method === 'keyboard-interactive-responses');
  pair.serverDoes({ type: 'refuse', methods: ['publickey'], counts: true });
  assert.deepEqual(request.responses, [new Uint8Array(4)]);
  pair.clientSays('attempt-wanted');
  const attempt = { method: 'publickey', algorithm: 'ssh-ed25519', key, probe: true, hostBound: false } as const;
  pair.clientDoes({ type: 'attempt', attempt });
  const query = pair.serverSays('authentication-requested').request;
  pair.serverDoes({ type: 'accept-key' });
  assert.ok(query.method === 'publickey-query');
  assert.deepEqual(query.key, key);
});

test('keyboard-interactive goes through rounds of any number of prompts, also none (RFC 4256 section 3)', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'attempt', attempt: { method: 'keyboard-interactive', submethods: 'pam' } });
  const first = pair.serverSays('authentication-requested').request;
  assert.deepEqual(first, { method: 'keyboard-interactive', submethods: 'pam' });
  const rounds = [
    [
      { text: 'Password: ', echo: false },
      { text: 'Token: ', echo: true },
    ],
    [],
    [{ text: 'Grüße: ', echo: true }],
  ];
  for (const [index, prompts] of rounds.entries()) {
    pair.serverDoes({ type: 'ask-responses', name: `round ${index}`, instruction: 'please', prompts });
    const question = pair.clientSays('responses-wanted');
    assert.equal(question.name, `round ${index}`);
    assert.deepEqual(question.prompts, prompts);
    const responses = prompts.map((_, i) => utf8Encode(`response ${i}`));
    pair.clientDoes({ type: 'provide-responses', responses });
    const { request } = pair.serverSays('authentication-requested');
    assert.deepEqual(request, { method: 'keyboard-interactive-responses', responses });
  }
  pair.serverDoes({ type: 'accept' });
  assert.equal(pair.serverSays('authenticated').method, 'keyboard-interactive');
  assert.equal(pair.clientSays('authenticated').method, 'keyboard-interactive');
});

test('partial success names the methods that are still needed (RFC 4252 section 5.1)', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'attempt', attempt: { method: 'password', password: utf8Encode('right') } });
  pair.serverSays('authentication-requested');
  pair.serverDoes({ type: 'accept', remaining: ['publickey'] });
  const wanted = pair.clientSays('attempt-wanted');
  assert.equal(wanted.partialSuccess, true);
  assert.deepEqual(wanted.methods, ['publickey']);
  assert.equal(pair.server.nextEvent(), undefined);
});

test('a banner reaches the client before and between attempts (RFC 4252 section 5.4)', () => {
  const pair = startedPair();
  pair.serverDoes({ type: 'send-banner', text: 'Welcome\r\n' });
  assert.equal(pair.clientSays('banner-received').text, 'Welcome\r\n');
  pair.clientDoes({ type: 'attempt', attempt: { method: 'none' } });
  pair.serverSays('authentication-requested');
  pair.serverDoes({ type: 'send-banner', text: 'again' });
  assert.equal(pair.clientSays('banner-received').text, 'again');
});

test('giving up ends the client with authentication-failed', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'give-up' });
  assert.equal(pair.clientSays('failed').failure.code, 'authentication-failed');
});

const probe: UserauthAttempt = { method: 'publickey', algorithm: 'ssh-ed25519', key, probe: true, hostBound: false };
const byPassword = (): UserauthAttempt => ({ method: 'password', password: utf8Encode('secret') });

/** `none` and the probe have left together; the server was asked about the first. */
function pairWithProbeAhead(): Pair {
  const pair = startedPair(true);
  pair.clientDoes({ type: 'attempt', attempt: { method: 'none' }, ahead: probe });
  assert.equal(pair.serverSays('authentication-requested').request.method, 'none');
  return pair;
}

for (const isAnswered of [false, true]) {
  const title = isAnswered ? 'even when its answer came first' : 'and waits for its answer';
  test(`a probe sent ahead is the next attempt ${title} (RFC 4252 section 5.1)`, () => {
    const pair = pairWithProbeAhead();
    pair.serverDoes({ type: 'refuse', methods: ['publickey'], counts: false });
    assert.equal(pair.serverSays('authentication-requested').request.method, 'publickey-query');
    if (isAnswered) pair.serverDoes({ type: 'accept-key' });
    pair.clientSays('attempt-wanted');
    pair.clientDoes({ type: 'attempt', attempt: probe });
    if (!isAnswered) pair.serverDoes({ type: 'accept-key' });
    assert.deepEqual(pair.clientSays('signature-wanted').key, key);
    pair.clientDoes({ type: 'provide-signature', signature: utf8Encode('signature') });
    assert.equal(pair.serverSays('authentication-requested').request.method, 'publickey');
    pair.serverDoes({ type: 'accept' });
    pair.clientSays('authenticated');
  });

  test(`the answer to a probe that nobody wants any more is dropped, ${isAnswered ? 'before' : 'after'} the next`, () => {
    for (const answer of ['accept-key', 'refuse'] as const) {
      const pair = pairWithProbeAhead();
      pair.serverDoes({ type: 'refuse', methods: ['password'], counts: false });
      pair.serverSays('authentication-requested');
      const refusal: UserauthServerCommand = { type: 'refuse', methods: ['hostbased'], counts: false };
      const toProbe = answer === 'refuse' ? refusal : { type: answer };
      if (isAnswered) pair.serverDoes(toProbe);
      assert.deepEqual(pair.clientSays('attempt-wanted').methods, ['password']);
      pair.clientDoes({ type: 'attempt', attempt: byPassword() });
      if (!isAnswered) pair.serverDoes(toProbe);
      assert.equal(pair.client.nextEvent(), undefined);
      assert.equal(pair.serverSays('authentication-requested').request.method, 'password');
      pair.serverDoes({ type: 'refuse', methods: ['password'], counts: true });
      assert.equal(pair.clientSays('attempt-wanted').failed?.method, 'password');
    }
  });
}

test('a success before the answer to a probe sent ahead is a success', () => {
  const pair = pairWithProbeAhead();
  pair.serverDoes({ type: 'accept' });
  assert.equal(pair.clientSays('authenticated').method, 'none');
  assert.equal(pair.serverSays('authenticated').method, 'none');
});

test('one answer to a probe sent ahead is kept, a second or a success for it ends the client', () => {
  for (const payload of [userauthPublicKeyOk.encode({ algorithm: 'ssh-ed25519', key }), userauthSuccess.encode({})]) {
    const pair = pairWithProbeAhead();
    pair.serverDoes({ type: 'refuse', methods: ['publickey'], counts: false });
    pair.serverSays('authentication-requested');
    pair.serverDoes({ type: 'accept-key' });
    pair.clientSays('attempt-wanted');
    pair.client.receivePayload(payload);
    assert.equal(pair.clientSays('failed').failure.code, 'message-unexpected');
  }
});

test('nothing runs ahead where the server is not known to answer in order, and nothing that asks its owner', () => {
  const pair = startedPair();
  pair.clientDoes({ type: 'attempt', attempt: { method: 'none' }, ahead: probe });
  pair.serverSays('authentication-requested');
  pair.serverDoes({ type: 'refuse', methods: ['publickey'], counts: false });
  assert.equal(pair.server.nextEvent(), undefined);
  pair.clientSays('attempt-wanted');
  pair.clientDoes({ type: 'attempt', attempt: probe });
  assert.equal(pair.serverSays('authentication-requested').request.method, 'publickey-query');

  const ahead: UserauthAttempt = { ...probe, probe: false };
  const another = startedPair(true);
  const command: UserauthClientCommand = { type: 'attempt', attempt: { method: 'none' }, ahead };
  assert.throws(() => another.clientDoes(command), /cannot be sent ahead/);
});
