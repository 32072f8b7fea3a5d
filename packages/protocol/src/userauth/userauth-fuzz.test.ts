import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@sallyport/testing/seeded-random';
import {
  keyboardInteractiveFields,
  passwordFields,
  publicKeyFields,
  userauthBanner,
  userauthFailure,
  userauthInfoRequest,
  userauthInfoResponse,
  userauthPublicKeyOk,
  userauthRequest,
  userauthSuccess,
} from '../messages/userauth.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import type { UserauthClientCommand, UserauthServerCommand } from './events.ts';
import { UserauthClient } from './userauth-client.ts';
import { UserauthServer } from './userauth-server.ts';

const key = utf8Encode('key');
const hostKey = utf8Encode('host');
const sessionId = utf8Encode('session');
const nothing = new Uint8Array(0);
const string = new Writer().string('s').bytes();

const requestFields: Readonly<Record<string, Uint8Array>> = {
  none: nothing,
  publickey: publicKeyFields.encode({ signed: true, algorithm: 'ssh-ed25519', key, signature: string }),
  password: passwordFields.encode({ change: true, password: key, newPassword: string }),
  'keyboard-interactive': keyboardInteractiveFields.encode({ language: '', submethods: '' }),
};
const toServer = [
  ...Object.entries(requestFields).map(([method, fields]) =>
    userauthRequest.encode({ user: 'u', service: 'ssh-connection', method, fields }),
  ),
  userauthInfoResponse.encode({ count: 1, responses: string }),
];
const prompts = new Writer().string('p').boolean(false).bytes();
const toClient = [
  userauthFailure.encode({ methods: ['publickey', 'password'], partialSuccess: false }),
  userauthSuccess.encode({}),
  userauthBanner.encode({ text: 'text', language: '' }),
  userauthPublicKeyOk.encode({ algorithm: 'ssh-ed25519', key }),
  userauthInfoRequest.encode({ name: '', instruction: '', language: '', count: 1, prompts }),
];
const serverAnswers: readonly UserauthServerCommand[] = [
  { type: 'accept' },
  { type: 'accept', remaining: ['password'] },
  { type: 'refuse', methods: ['password'], counts: true },
  { type: 'refuse', methods: ['password'], counts: false },
  { type: 'accept-key' },
  { type: 'ask-password-change', prompt: 'p' },
  { type: 'ask-responses', name: '', instruction: '', prompts: [{ text: 'p', echo: false }] },
  { type: 'send-banner', text: 'b' },
];
const clientCommands: readonly UserauthClientCommand[] = [
  { type: 'attempt', attempt: { method: 'none' } },
  {
    type: 'attempt',
    attempt: { method: 'publickey', algorithm: 'ssh-ed25519', key, probe: true, hostBound: true },
  },
  { type: 'attempt', attempt: { method: 'password', password: key } },
  { type: 'attempt', attempt: { method: 'keyboard-interactive', submethods: '' } },
  { type: 'provide-signature', signature: key },
  { type: 'provide-responses', responses: [key] },
  { type: 'change-password', password: key, newPassword: key },
  { type: 'skip-attempt' },
];

/** Misuse throws a plain Error by contract; anything else that comes out of an engine is a bug. */
function performOrMisuse(perform: () => void): void {
  try {
    perform();
  } catch (error) {
    assert.equal((error as Error).constructor, Error, String(error));
  }
}

test('UserauthServer turns damaged messages and random answers into events, never into exceptions', () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const random = new SeededRandom(seed);
    const server = new UserauthServer({ sessionId, hostKey, maximumAttempts: 6 });
    for (let i = 0; i < 30; i++) {
      const payload = random.pick(toServer);
      server.receivePayload(random.once(3) ? random.damage(payload) : payload);
      performOrMisuse(() => server.perform(random.pick(serverAnswers)));
      while (server.nextEvent() !== undefined);
      assert.ok(server.pendingBytes < 10_000);
      if (random.once(4)) server.takePayloads(random.below(100) + 1);
    }
  }
});

test('UserauthClient turns damaged messages and random commands into events, never into exceptions', () => {
  for (let seed = 1; seed <= 1500; seed++) {
    const random = new SeededRandom(seed);
    const client = new UserauthClient({ user: 'u', service: 'ssh-connection', sessionId, hostKey });
    for (let i = 0; i < 30; i++) {
      performOrMisuse(() => client.perform(random.pick(clientCommands)));
      const payload = random.pick(toClient);
      client.receivePayload(random.once(3) ? random.damage(payload) : payload);
      while (client.nextEvent() !== undefined);
      if (random.once(4)) client.takePayloads(random.below(100) + 1);
    }
  }
});
