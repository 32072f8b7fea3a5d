import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import type { ConnectionCommand } from '@sallyport/protocol/connection/events';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { Writer } from '@sallyport/protocol/wire/writer';
import { HostKeyRequests, isProofRequest } from './host-key-requests.ts';

const crypto = createCryptoProvider();
const [one, two, foreign] = [1, 2, 3].map(() => new PrivateKey(crypto.generateKey('ed25519')).publicKey.blob) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

function bench() {
  const done: ConnectionCommand[] = [];
  const asked: Uint8Array[] = [];
  const requests = new HostKeyRequests({
    offered: [one, two],
    prove: (hostKey) => asked.push(hostKey),
    perform: (command) => done.push(command),
    failed: (error) => assert.fail(String(error)),
  });
  const ask = (...keys: readonly Uint8Array[]): void => {
    const fields = new Writer();
    for (const key of keys) fields.string(key);
    requests.handle(request(fields.bytes()));
  };
  return { done, asked, requests, ask };
}

function request(fields: Uint8Array, wantReply = true) {
  const type = 'global-request-received' as const;
  return { protocol: 'connection' as const, type, request: 'hostkeys-prove-00@openssh.com', wantReply, fields };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('the client is told all plain host keys (PROTOCOL section 2.5)', () => {
  const { done, requests } = bench();
  requests.announce();
  const fields = new Writer().string(one).string(two).bytes();
  assert.deepEqual(done, [{ type: 'request-global', request: 'hostkeys-00@openssh.com', fields }]);
});

test('proofs are asked for one after the other and answered together', async () => {
  const { done, asked, requests, ask } = bench();
  ask(two, one);
  assert.deepEqual(asked, [two]);
  requests.provide(Uint8Array.of(2));
  await settle();
  assert.deepEqual(asked, [two, one]);
  requests.provide(Uint8Array.of(1));
  await settle();
  const fields = new Writer().string(Uint8Array.of(2)).string(Uint8Array.of(1)).bytes();
  assert.deepEqual(done, [{ type: 'reply-global-request', success: true, fields }]);
});

test('answers to other requests wait for the proofs that were asked for before them (RFC 4254 section 4)', async () => {
  const { done, requests, ask } = bench();
  ask(one);
  requests.answer({ type: 'reply-global-request', success: false });
  await settle();
  assert.equal(done.length, 0);
  requests.provide(Uint8Array.of(1));
  await settle();
  const successes = done.map((command) => ('success' in command ? command.success : undefined));
  assert.deepEqual(successes, [true, false]);
});

test('keys that are not ours, no keys, a refusal and what does not decode are answered with failure', async () => {
  const { done, asked, requests, ask } = bench();
  ask(foreign);
  ask();
  requests.handle(request(Uint8Array.of(0, 0, 0, 9, 1)));
  ask(...Array.from({ length: 65 }, () => one));
  await settle();
  assert.deepEqual([done.length, asked], [4, []]);
  ask(one);
  requests.provide(undefined);
  await settle();
  assert.equal(done.length, 5);
  assert.ok(done.every((command) => 'success' in command && !command.success));
  requests.handle(request(one, false));
  assert.equal(done.length, 5);
});

test('no other request is taken for one', () => {
  assert.equal(isProofRequest(request(one)), true);
  assert.equal(isProofRequest({ ...request(one), request: 'keepalive@openssh.com' }), false);
});
