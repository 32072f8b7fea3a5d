import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { UserauthClient } from '../userauth-client.ts';
import { UserauthServer } from '../userauth-server.ts';
import { hostbasedSignedData, readHostbasedSignedData } from './hostbased.ts';

const sessionId = new Uint8Array(32).fill(7);
const hostKey = utf8Encode('host key blob');
const key = utf8Encode('key blob of the client machine');
const request = { algorithm: 'ssh-ed25519', key, clientHost: 'client.example.org.', clientUser: 'ann' };
const context = { user: 'bob', service: 'ssh-connection', sessionId };

/** RFC 4252 section 9, field by field. */
const expected = new Writer()
  .string(sessionId)
  .byte(50)
  .string('bob')
  .string('ssh-connection')
  .string('hostbased')
  .string('ssh-ed25519')
  .string(key)
  .string('client.example.org.')
  .string('ann')
  .bytes();

function clientThatTries(): UserauthClient {
  const client = new UserauthClient({ user: 'bob', service: 'ssh-connection', sessionId, hostKey });
  client.nextEvent();
  client.perform({ type: 'attempt', attempt: { method: 'hostbased', ...request } });
  return client;
}

test('hostbased asks for a signature over the session and the request before anything is sent (RFC 4252 section 9)', () => {
  const client = clientThatTries();
  assert.deepEqual(client.takePayloads(), []);
  assert.deepEqual(client.nextEvent(), {
    type: 'signature-wanted',
    algorithm: 'ssh-ed25519',
    key,
    data: expected,
  });
});

test('the request reaches the server with its signature, and success ends the login (RFC 4252 section 9)', () => {
  const client = clientThatTries();
  const server = new UserauthServer({ sessionId, hostKey, maximumAttempts: 6 });
  client.nextEvent();
  client.perform({ type: 'provide-signature', signature: utf8Encode('a signature') });
  for (const payload of client.takePayloads()) server.receivePayload(payload);
  const event = server.nextEvent();
  assert.equal(event?.type, 'authentication-requested');
  if (event?.type !== 'authentication-requested' || event.request.method !== 'hostbased') assert.fail('another method');
  assert.deepEqual(event.request, { method: 'hostbased', ...request, signature: utf8Encode('a signature') });
  assert.deepEqual(hostbasedSignedData(event.request, context), expected);
  server.perform({ type: 'accept' });
  for (const payload of server.takePayloads()) client.receivePayload(payload);
  assert.deepEqual(client.nextEvent(), { type: 'authenticated', method: 'hostbased' });
});

test('a request that nobody signs is left, and the next attempt is asked for', () => {
  const client = clientThatTries();
  client.nextEvent();
  client.perform({ type: 'skip-attempt' });
  assert.equal(client.nextEvent()?.type, 'attempt-wanted');
  assert.deepEqual(client.takePayloads(), []);
});

describe('readHostbasedSignedData', () => {
  test('takes apart what hostbasedSignedData builds', () => {
    assert.deepEqual(readHostbasedSignedData(hostbasedSignedData(request, context)), { ...request, ...context });
  });

  test('refuses data that is cut anywhere', () => {
    for (let length = 0; length < expected.length; length++) {
      assert.throws(() => readHostbasedSignedData(expected.slice(0, length)), `${length} bytes`);
    }
  });

  const strange: readonly (readonly [string, Uint8Array])[] = [
    ['a byte more', Uint8Array.of(...expected, 0)],
    ['a signature that is there already', Uint8Array.of(...expected, 0, 0, 0, 4, 1, 2, 3, 4)],
    ['a length that takes in what follows', Uint8Array.of(...expected, 0, 0, 0, 4)],
    ['another message number', expected.with(36, 51)],
    ['a length beyond the end', expected.with(0, 0xff)],
    ['text that is not UTF-8', expected.with(41, 0xff)],
    ['another method', hostbasedSignedData(request, context).with(36 + 1 + 4 + 3 + 4 + 14 + 4, 0x48)],
  ];
  for (const [what, data] of strange) {
    test(`refuses ${what}`, () => {
      assert.throws(() => readHostbasedSignedData(data), DecodeError);
    });
  }

  test('refuses names longer than the protocol lets through, and names with a NUL', () => {
    const long = hostbasedSignedData({ ...request, clientHost: 'h'.repeat(1025) }, context);
    const nul = hostbasedSignedData({ ...request, clientUser: 'ann\0root' }, context);
    for (const data of [long, nul]) assert.throws(() => readHostbasedSignedData(data), /too long|NUL/);
  });
});
