import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  userauthBanner,
  userauthFailure,
  userauthInfoRequest,
  userauthInfoResponse,
  userauthPublicKeyOk,
  userauthRequest,
  userauthSuccess,
} from '../messages/userauth.ts';
import { utf8Encode } from '../wire/utf8.ts';
import type { UserauthAttempt } from './events.ts';
import { UserauthClient } from './userauth-client.ts';
import { UserauthServer } from './userauth-server.ts';

const nothing = new Uint8Array(0);
const key = utf8Encode('key');
const options = { sessionId: utf8Encode('session'), hostKey: utf8Encode('host') };
const numbers = Array.from({ length: 256 }, (_, number) => number);

function listed(some: readonly number[]): string {
  if (some.length === 0) return 'nothing';
  return some.length === 256 ? 'and ignores all' : `only ${some.join(' ')}`;
}

/** A message of that number, well formed where the number is one of userauth. */
function sample(number: number, method: string): Uint8Array {
  switch (number) {
    case 50:
      return userauthRequest.encode({ user: 'u', service: 'ssh-connection', method: 'none', fields: nothing });
    case 51:
      return userauthFailure.encode({ methods: ['publickey'], partialSuccess: false });
    case 52:
      return userauthSuccess.encode({});
    case 53:
      return userauthBanner.encode({ text: 'hello', language: '' });
    case 60:
      if (method === 'publickey') return userauthPublicKeyOk.encode({ algorithm: 'ssh-ed25519', key });
      return userauthInfoRequest.encode({ name: '', instruction: '', language: '', count: 0, prompts: nothing });
    case 61:
      return userauthInfoResponse.encode({ count: 0, responses: nothing });
    default:
      return Uint8Array.of(number);
  }
}

const publickey = { method: 'publickey', algorithm: 'ssh-ed25519', key, hostBound: false } as const;

interface ClientRow {
  readonly state: string;
  readonly attempt?: UserauthAttempt;
  readonly prepare?: (client: UserauthClient) => void;
  readonly understood: readonly number[];
  /** Whether numbers that are not understood end the engine; false when it has ended already. */
  readonly ends?: false;
}

const clientRows: readonly ClientRow[] = [
  { state: 'before an attempt', understood: [53] },
  { state: 'after none', attempt: { method: 'none' }, understood: [51, 52, 53] },
  { state: 'after a query', attempt: { ...publickey, probe: true }, understood: [51, 52, 53, 60] },
  { state: 'while signing', attempt: { ...publickey, probe: false }, understood: [53] },
  {
    state: 'after a signature',
    attempt: { ...publickey, probe: false },
    prepare: (client) => client.perform({ type: 'provide-signature', signature: key }),
    understood: [51, 52, 53],
  },
  { state: 'after a password', attempt: { method: 'password', password: key }, understood: [51, 52, 53, 60] },
  {
    state: 'after keyboard-interactive',
    attempt: { method: 'keyboard-interactive', submethods: '' },
    understood: [51, 52, 53, 60],
  },
  {
    state: 'while asking for responses',
    attempt: { method: 'keyboard-interactive', submethods: '' },
    prepare: (client) => client.receivePayload(sample(60, 'keyboard-interactive')),
    understood: [53],
  },
  {
    state: 'authenticated',
    attempt: { method: 'none' },
    prepare: (client) => client.receivePayload(sample(52, 'none')),
    understood: [],
  },
  { state: 'given up', prepare: (client) => client.perform({ type: 'give-up' }), understood: numbers, ends: false },
];

for (const row of clientRows) {
  test(`UserauthClient ${row.state} takes ${listed(row.understood)} of 0 to 255`, () => {
    for (const number of numbers) {
      const client = new UserauthClient({ ...options, user: 'u', service: 'ssh-connection' });
      if (row.attempt !== undefined) client.perform({ type: 'attempt', attempt: row.attempt });
      row.prepare?.(client);
      while (client.nextEvent() !== undefined);
      // PASSWD_CHANGEREQ has the same number and two strings.
      const isPassword = row.attempt?.method === 'password' && number === 60;
      const payload = isPassword
        ? Uint8Array.of(60, 0, 0, 0, 0, 0, 0, 0, 0)
        : sample(number, row.attempt?.method ?? '');
      client.receivePayload(payload);
      const event = client.nextEvent();
      if (row.understood.includes(number)) {
        assert.notEqual(event?.type, 'failed', `${number}: ${JSON.stringify(event)}`);
        assert.equal(event === undefined, row.ends === false, `${number}`);
      } else {
        assert.ok(event?.type === 'failed', `${number}`);
        assert.equal(event.failure.code, 'message-unexpected', `${number}`);
      }
      assert.equal(client.nextEvent(), undefined);
    }
  });
}

interface ServerRow {
  readonly state: string;
  readonly prepare: (server: UserauthServer) => void;
  /** Numbers that raise a question. */
  readonly asked: readonly number[];
  readonly ignored: readonly number[];
  /** Performed after the message, for messages that wait behind a question. */
  readonly answer?: (server: UserauthServer) => void;
}

const userauthNumbers = numbers.filter((number) => number >= 50 && number <= 79);
const refuse = (server: UserauthServer): void => server.perform({ type: 'refuse', methods: [], counts: false });
const requestOf = (method: string, fields: Uint8Array): Uint8Array =>
  userauthRequest.encode({ user: 'u', service: 'ssh-connection', method, fields });

const serverRows: readonly ServerRow[] = [
  { state: 'before a request', prepare: () => undefined, asked: [50], ignored: [] },
  {
    state: 'after a refusal',
    prepare: (server) => {
      server.receivePayload(sample(50, ''));
      refuse(server);
    },
    asked: [50],
    ignored: [],
  },
  {
    state: 'while its owner judges',
    prepare: (server) => server.receivePayload(sample(50, '')),
    answer: refuse,
    asked: [50],
    ignored: [],
  },
  {
    state: 'waiting for responses',
    prepare: (server) => {
      server.receivePayload(requestOf('keyboard-interactive', new Uint8Array(8)));
      server.perform({ type: 'ask-responses', name: '', instruction: '', prompts: [] });
    },
    asked: [50, 61],
    ignored: [],
  },
  {
    state: 'after partial success',
    prepare: (server) => {
      server.receivePayload(sample(50, ''));
      server.perform({ type: 'accept', remaining: ['password'] });
    },
    asked: [50],
    ignored: [],
  },
  {
    state: 'authenticated',
    prepare: (server) => {
      server.receivePayload(sample(50, ''));
      server.perform({ type: 'accept' });
    },
    asked: [],
    ignored: userauthNumbers,
  },
  { state: 'failed', prepare: (server) => server.receivePayload(sample(52, '')), asked: [], ignored: numbers },
];

for (const row of serverRows) {
  test(`UserauthServer ${row.state} asks its owner at ${listed(row.asked)} of 0 to 255`, () => {
    for (const number of numbers) {
      const server = new UserauthServer({ ...options, maximumAttempts: 6 });
      row.prepare(server);
      while (server.nextEvent() !== undefined);
      server.takePayloads();
      server.receivePayload(sample(number, ''));
      row.answer?.(server);
      const event = server.nextEvent();
      if (row.asked.includes(number)) assert.equal(event?.type, 'authentication-requested', `${number}`);
      else if (row.ignored.includes(number)) assert.equal(event, undefined, `${number}`);
      else {
        assert.ok(event?.type === 'failed', `${number}`);
        assert.equal(event.failure.code, 'message-unexpected', `${number}`);
      }
      assert.equal(server.nextEvent(), undefined);
    }
  });
}

test('an empty payload ends either role', () => {
  const client = new UserauthClient({ ...options, user: 'u', service: 'ssh-connection' });
  const server = new UserauthServer({ ...options, maximumAttempts: 6 });
  client.nextEvent();
  client.receivePayload(nothing);
  server.receivePayload(nothing);
  assert.equal(client.nextEvent()?.type, 'failed');
  assert.equal(server.nextEvent()?.type, 'failed');
});
