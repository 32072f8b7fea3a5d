import assert from 'node:assert/strict';
import { test } from 'node:test';
import { disconnectReasons } from '../failure/disconnect.ts';
import { disconnectReasonOf } from '../failure/failure.ts';
import {
  hostBoundFields,
  keyboardInteractiveFields,
  passwordFields,
  publicKeyFields,
  userauthBanner,
  userauthFailure,
  userauthInfoRequest,
  userauthInfoResponse,
  userauthPublicKeyOk,
  userauthRequest,
} from '../messages/userauth.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { AttemptLimits } from './attempt-limits.ts';
import { userauthBounds } from './bounds.ts';
import type { UserauthServerOptions } from './events.ts';
import { methodByWireName } from './methods/table.ts';
import { UserauthClient } from './userauth-client.ts';
import { UserauthServer } from './userauth-server.ts';

const nothing: Uint8Array = new Uint8Array(0);
const key = utf8Encode('key');
const hostKey = utf8Encode('host');
const sessionId = utf8Encode('session');

interface RequestParts {
  readonly user?: string;
  readonly service?: string;
  readonly method?: string;
  readonly fields?: Uint8Array;
}

function request({ user = 'u', service = 'ssh-connection', method = 'none', fields = nothing }: RequestParts) {
  return userauthRequest.encode({ user, service, method, fields });
}

function startServer(options: Partial<UserauthServerOptions> = {}): UserauthServer {
  return new UserauthServer({ sessionId, hostKey, maximumAttempts: 6, ...options });
}

/** What the server makes of payloads, each question being refused without counting. */
function outcome(payloads: readonly Uint8Array[], options: Partial<UserauthServerOptions> = {}): string {
  const server = startServer(options);
  for (const payload of payloads) {
    server.receivePayload(payload);
    const event = server.nextEvent();
    if (event?.type === 'failed') return event.failure.code;
    if (event?.type === 'authentication-requested') server.perform({ type: 'refuse', methods: [], counts: false });
  }
  return 'goes on';
}

const publicKeyParts = { signed: false, algorithm: 'ssh-ed25519', key, signature: nothing };
const signature = new Writer().string('signature').bytes();
const withSignature = { ...publicKeyParts, signed: true, signature };
const publicKey = (parts: typeof publicKeyParts) =>
  request({ method: 'publickey', fields: publicKeyFields.encode(parts) });
const bound = (namedHostKey: Uint8Array) =>
  request({
    method: 'publickey-hostbound-v00@openssh.com',
    fields: hostBoundFields.encode({ ...withSignature, hostKey: namedHostKey }),
  });
const long = (length: number): string => 'x'.repeat(length);

const serverRows: readonly (readonly [string, readonly Uint8Array[], string])[] = [
  ['the service is not ssh-connection', [request({ service: 'ssh-userauth' })], 'service-refused'],
  ['the user changes', [request({}), request({ user: 'root' })], 'message-unexpected'],
  ['the service changes', [request({}), request({ service: 'x' })], 'message-unexpected'],
  ['the user name is empty', [request({ user: '' })], 'goes on'],
  ['the user name has a NUL', [request({ user: 'root\0' })], 'message-malformed'],
  ['the user name is long', [request({ user: long(1025) })], 'limit-exceeded'],
  ['the method name is a megabyte', [request({ method: long(1 << 20) })], 'limit-exceeded'],
  ['the service name is a megabyte', [request({ service: long(1 << 20) })], 'limit-exceeded'],
  ['the method is unknown', [request({ method: 'gssapi-with-mic', fields: key })], 'goes on'],
  ['none has fields', [request({ fields: key })], 'message-malformed'],
  ['a query has a signature', [publicKey({ ...withSignature, signed: false })], 'message-malformed'],
  ['a signed request has no signature', [publicKey({ ...publicKeyParts, signed: true })], 'message-malformed'],
  [
    'bytes follow the signature',
    [publicKey({ ...withSignature, signature: Uint8Array.of(0, 0, 0, 0, 1) })],
    'message-malformed',
  ],
  ['the algorithm name is long', [publicKey({ ...publicKeyParts, algorithm: long(257) })], 'limit-exceeded'],
  ['the key blob is empty', [publicKey({ ...publicKeyParts, key: nothing })], 'goes on'],
  ['a host-bound request names our host key', [bound(hostKey)], 'goes on'],
  ['a host-bound request names another host key', [bound(key)], 'message-malformed'],
  ['a host-bound request names no host key', [bound(nothing)], 'message-malformed'],
  [
    'the password is followed by bytes',
    [
      request({
        method: 'password',
        fields: passwordFields.encode({ change: false, password: key, newPassword: signature }),
      }),
    ],
    'message-malformed',
  ],
  [
    'a password change has no new password',
    [
      request({
        method: 'password',
        fields: passwordFields.encode({ change: true, password: key, newPassword: nothing }),
      }),
    ],
    'message-malformed',
  ],
  [
    'the submethods are long',
    [
      request({
        method: 'keyboard-interactive',
        fields: keyboardInteractiveFields.encode({ language: '', submethods: 'pam,'.repeat(10_000) }),
      }),
    ],
    'limit-exceeded',
  ],
  ['a field is longer than the message', [Uint8Array.of(50, 0xff, 0xff, 0xff, 0xff)], 'message-malformed'],
  ['the message ends after its number', [Uint8Array.of(50)], 'message-malformed'],
];

for (const [title, payloads, expected] of serverRows) {
  test(`UserauthServer: ${expected} when ${title} (RFC 4252 section 5)`, () => {
    assert.equal(outcome(payloads), expected);
  });
}

test('the description of a changed user cannot forge a line of a log', () => {
  const server = startServer();
  server.receivePayload(request({ user: 'a' }));
  server.perform({ type: 'refuse', methods: [], counts: false });
  server.nextEvent();
  server.receivePayload(request({ user: 'b\nAccepted password for root' }));
  const event = server.nextEvent();
  assert.ok(event?.type === 'failed');
  assert.equal(
    event.failure.description,
    'Change of username or service not allowed: (a,ssh-connection) -> ' +
      '(b\\012Accepted password for root,ssh-connection)',
  );
});

test('every wire name of the methods has a row, and names of Object are none', () => {
  const names = ['none', 'publickey', 'publickey-hostbound-v00@openssh.com', 'password', 'keyboard-interactive'];
  for (const name of names) assert.ok(methodByWireName(name) !== undefined, name);
  for (const name of ['', 'gssapi-with-mic', 'toString', '__proto__']) assert.equal(methodByWireName(name), undefined);
});

for (const counts of [true, false]) {
  test(`a hundred thousand requests end the connection, counted as attempts: ${counts}`, () => {
    const server = startServer();
    const failedAt: number[] = [];
    for (let i = 1; i <= 100_000; i++) {
      server.receivePayload(request({}));
      const event = server.nextEvent();
      if (event?.type === 'authentication-requested') server.perform({ type: 'refuse', methods: [], counts });
      const end = event?.type === 'failed' ? event : server.nextEvent();
      if (end?.type === 'failed') {
        failedAt.push(i);
        assert.equal(end.failure.code, 'too-many-authentication-failures');
        assert.equal(disconnectReasonOf(end.failure), disconnectReasons.protocolError);
      }
    }
    assert.deepEqual(failedAt, [counts ? 6 : 129]);
  });
}

test('AttemptLimits ends at the last failure it may count and at the last request', () => {
  const limits = new AttemptLimits(2, 3);
  assert.equal(limits.attempt, 1);
  assert.equal(limits.countFailure(), true);
  assert.equal(limits.attempt, 2);
  assert.equal(limits.countFailure(), false);
  assert.deepEqual([limits.countRequest(), limits.countRequest(), limits.countRequest()], [true, true, true]);
  assert.equal(limits.countRequest(), false);
});

test('the last refused attempt ends the connection instead of being answered (MaxAuthTries)', () => {
  const server = startServer({ maximumAttempts: 2 });
  for (const attempt of [1, 2]) {
    server.receivePayload(request({ method: 'password', fields: passwordFields.encode({ ...password }) }));
    const event = server.nextEvent();
    assert.ok(event?.type === 'authentication-requested');
    assert.equal(event.attempt, attempt);
    server.perform({ type: 'refuse', methods: ['password'], counts: true });
  }
  assert.equal(server.takePayloads().length, 1);
  assert.equal(server.nextEvent()?.type, 'failed');
});
const password = { change: false, password: key, newPassword: nothing };

test('a query or an unknown method can never be accepted', () => {
  for (const payload of [publicKey(publicKeyParts), request({ method: 'gssapi-with-mic' })]) {
    const server = startServer();
    server.receivePayload(payload);
    assert.throws(() => server.perform({ type: 'accept' }), /proves nothing/);
    assert.throws(() => server.perform({ type: 'accept', remaining: ['password'] }), /proves nothing/);
    assert.equal(server.takePayloads().length, 0);
  }
});

test('an answer that belongs to another method is misuse', () => {
  const server = startServer();
  assert.throws(() => server.perform({ type: 'accept' }), /nothing asked/);
  server.receivePayload(request({}));
  for (const command of [
    { type: 'accept-key' },
    { type: 'ask-password-change', prompt: '' },
    { type: 'ask-responses', name: '', instruction: '', prompts: [] },
  ] as const) {
    assert.throws(() => server.perform(command), /does not answer none/);
  }
});

for (const [count, sent] of [
  [1, 2],
  [3, 2],
  [0, 2],
  [2 ** 31, 2],
  [2 ** 32 - 1, 0],
  [2, 1],
  [1, 1],
  [3, 3],
] as const) {
  test(`${count} responses announced, ${sent} sent for two prompts: malformed (RFC 4256 section 3.4)`, () => {
    const server = startServer();
    const fields = keyboardInteractiveFields.encode({ language: '', submethods: '' });
    server.receivePayload(request({ method: 'keyboard-interactive', fields }));
    const prompts = [1, 2].map(() => ({ text: 'x', echo: false }));
    server.perform({ type: 'ask-responses', name: '', instruction: '', prompts });
    server.nextEvent();
    const responses = new Writer();
    for (let i = 0; i < sent; i++) responses.string('r');
    server.receivePayload(userauthInfoResponse.encode({ count, responses: responses.bytes() }));
    const event = server.nextEvent();
    assert.ok(event?.type === 'failed');
    assert.equal(event.failure.code, 'message-malformed');
  });
}

test('a new request abandons a keyboard-interactive round (RFC 4256 section 3.1)', () => {
  const server = startServer();
  const fields = keyboardInteractiveFields.encode({ language: '', submethods: '' });
  server.receivePayload(request({ method: 'keyboard-interactive', fields }));
  server.perform({ type: 'ask-responses', name: '', instruction: '', prompts: [] });
  server.nextEvent();
  server.receivePayload(request({}));
  const event = server.nextEvent();
  assert.ok(event?.type === 'authentication-requested');
  assert.deepEqual(event.request, { method: 'none' });
});

test('requests that are sent ahead are judged in order, and too many of them end it (RFC 4252 section 5.1)', () => {
  const server = startServer();
  const fields = passwordFields.encode(password);
  for (const method of ['none', 'password', 'none']) {
    server.receivePayload(request({ method, fields: method === 'none' ? nothing : fields }));
  }
  const judged: string[] = [];
  for (let event = server.nextEvent(); event?.type === 'authentication-requested'; event = server.nextEvent()) {
    judged.push(event.request.method);
    server.perform({ type: 'refuse', methods: [], counts: true });
  }
  assert.deepEqual(judged, ['none', 'password', 'none']);
  for (let i = 0; i <= userauthBounds.backlogRequests + 1; i++) server.receivePayload(request({}));
  server.nextEvent();
  const end = server.nextEvent();
  assert.ok(end?.type === 'failed');
  assert.equal(end.failure.code, 'limit-exceeded');
});

test('what was sent ahead of a success is dropped with it', () => {
  const server = startServer();
  for (let i = 0; i < 5; i++) server.receivePayload(request({}));
  server.perform({ type: 'accept' });
  assert.equal(server.nextEvent()?.type, 'authentication-requested');
  assert.equal(server.nextEvent()?.type, 'authenticated');
  assert.equal(server.nextEvent(), undefined);
  assert.equal(server.takePayloads().length, 1);
});

/** What a client that waits for an answer to keyboard-interactive makes of payloads. */
function clientOutcome(...payloads: readonly Uint8Array[]): string {
  const client = new UserauthClient({ user: 'u', service: 'ssh-connection', sessionId, hostKey });
  client.perform({ type: 'attempt', attempt: { method: 'keyboard-interactive', submethods: '' } });
  client.nextEvent();
  let last = 'nothing';
  for (const payload of payloads) {
    client.receivePayload(payload);
    const event = client.nextEvent();
    last = event?.type === 'failed' ? event.failure.code : (event?.type ?? 'nothing');
    if (event?.type === 'failed') break;
  }
  return last;
}

function infoRequest(count: number, prompts: number): Uint8Array {
  const writer = new Writer();
  for (let i = 0; i < prompts; i++) writer.string('p').boolean(true);
  return userauthInfoRequest.encode({ name: '', instruction: '', language: '', count, prompts: writer.bytes() });
}

const clientRows: readonly (readonly [string, readonly Uint8Array[], string])[] = [
  ['no prompts', [infoRequest(0, 0)], 'responses-wanted'],
  ['a hundred prompts', [infoRequest(100, 100)], 'responses-wanted'],
  ['a thousand prompts', [infoRequest(1000, 1000)], 'limit-exceeded'],
  ['2^31 prompts announced', [infoRequest(2 ** 31, 0)], 'limit-exceeded'],
  ['fewer prompts than announced', [infoRequest(2, 1)], 'message-malformed'],
  ['more prompts than announced', [infoRequest(1, 2)], 'message-malformed'],
  ['a banner of a megabyte', [userauthBanner.encode({ text: long(1 << 20), language: '' })], 'limit-exceeded'],
  [
    'banners without end',
    Array.from({ length: 1000 }, () => userauthBanner.encode({ text: long(1024), language: '' })),
    'limit-exceeded',
  ],
  [
    'a banner with escape sequences',
    [userauthBanner.encode({ text: '\x1b]2;x\x07', language: '' })],
    'banner-received',
  ],
  [
    'a thousand methods',
    [userauthFailure.encode({ methods: Array(1000).fill('x') as string[], partialSuccess: false })],
    'limit-exceeded',
  ],
  ['a long method', [userauthFailure.encode({ methods: [long(257)], partialSuccess: false })], 'limit-exceeded'],
  ['an empty list of methods', [userauthFailure.encode({ methods: [], partialSuccess: true })], 'attempt-wanted'],
  ['a success with bytes behind it', [Uint8Array.of(52, 0)], 'message-malformed'],
];

for (const [title, payloads, expected] of clientRows) {
  test(`UserauthClient: ${expected} on ${title}`, () => {
    assert.equal(clientOutcome(...payloads), expected);
  });
}

test('a server that accepts a key which was not offered ends the client (RFC 4252 section 7)', () => {
  const client = new UserauthClient({ user: 'u', service: 'ssh-connection', sessionId, hostKey });
  const attempt = { method: 'publickey', algorithm: 'ssh-ed25519', key, probe: true, hostBound: false } as const;
  client.perform({ type: 'attempt', attempt });
  client.nextEvent();
  client.receivePayload(userauthPublicKeyOk.encode({ algorithm: 'ssh-ed25519', key: hostKey }));
  const event = client.nextEvent();
  assert.ok(event?.type === 'failed');
  assert.equal(event.failure.code, 'message-unexpected');
});

test('asking for more prompts than a client takes is misuse', () => {
  const server = startServer();
  const fields = keyboardInteractiveFields.encode({ language: '', submethods: '' });
  server.receivePayload(request({ method: 'keyboard-interactive', fields }));
  const prompts = Array.from({ length: userauthBounds.prompts + 1 }, () => ({ text: '', echo: false }));
  const ask = { type: 'ask-responses', name: '', instruction: '', prompts } as const;
  assert.throws(() => server.perform(ask), /too many prompts/);
  server.perform({ ...ask, prompts: prompts.slice(1) });
});

test('misuse of a client throws and changes nothing', () => {
  const client = new UserauthClient({ user: 'u', service: 'ssh-connection', sessionId, hostKey });
  assert.throws(() => client.perform({ type: 'skip-attempt' }), /nothing asked/);
  client.perform({ type: 'attempt', attempt: { method: 'keyboard-interactive', submethods: '' } });
  assert.throws(() => client.perform({ type: 'attempt', attempt: { method: 'none' } }), /an attempt is running/);
  client.receivePayload(infoRequest(2, 2));
  assert.throws(() => client.perform({ type: 'provide-responses', responses: [] }), /as many responses as prompts/);
  assert.throws(() => client.perform({ type: 'provide-signature', signature: key }), /does not answer/);
  client.perform({ type: 'provide-responses', responses: [key, key] });
  assert.equal(client.takePayloads().length, 2);
});

test('one message of a pending byte count is taken at a time when the limit is small', () => {
  const server = startServer();
  server.perform({ type: 'send-banner', text: 'one' });
  server.perform({ type: 'send-banner', text: 'two' });
  const [first] = server.takePayloads(1);
  assert.equal(server.pendingBytes, first?.length);
  assert.equal(server.takePayloads().length, 1);
  assert.equal(server.pendingBytes, 0);
});
