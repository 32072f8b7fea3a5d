import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerStackCommand } from '@sallyport/protocol/stack/events';
import type { UserauthServerRequest } from '@sallyport/protocol/userauth/events';
import type { MonitorPort } from './auth-conversation.ts';
import { AuthConversation } from './auth-conversation.ts';

interface Recorded {
  readonly conversation: AuthConversation;
  readonly calls: string[];
  readonly commands: ServerStackCommand[];
  readonly settled: () => Promise<void>;
}

function conversationWith(answers: Readonly<Record<string, object>>): Recorded {
  const calls: string[] = [];
  const commands: ServerStackCommand[] = [];
  const monitor = {
    call: (name: string) => {
      calls.push(name);
      const answer = answers[name];
      return answer === undefined ? Promise.reject(new Error('refused')) : Promise.resolve(answer);
    },
    send: (name: string) => {
      calls.push(name);
    },
  } as unknown as MonitorPort;
  const conversation = new AuthConversation({
    monitor,
    perform: (command) => {
      commands.push(command);
    },
    onAuthenticated: () => {
      calls.push('authenticated');
    },
    onEnded: () => {
      calls.push('ended');
    },
  });
  return { conversation, calls, commands, settled: () => new Promise((resolve) => setImmediate(resolve)) };
}

const user = { valid: true, methods: ['publickey'], maximumAttempts: 2, banner: 'hello\n' };
const key = Uint8Array.of(1);

function ask(to: AuthConversation, request: UserauthServerRequest, attempt = 1): void {
  to.handle({ protocol: 'userauth', type: 'authentication-requested', user: 'alice', request, attempt });
}

test('AuthConversation looks the user up once and sends the banner before the first answer', async () => {
  const verdict = { accepted: false, counts: false, methods: ['publickey'], remaining: [] };
  const { conversation, calls, commands, settled } = conversationWith({
    lookUpUser: user,
    checkNone: verdict,
    checkKey: { acceptable: true },
  });
  ask(conversation, { method: 'none' });
  await settled();
  ask(conversation, { method: 'publickey-query', algorithm: 'ssh-ed25519', key, hostBound: false }, 2);
  await settled();
  assert.deepEqual(calls, ['lookUpUser', 'checkNone', 'checkKey']);
  assert.deepEqual(
    commands.map((command) => command.type),
    ['send-banner', 'refuse', 'accept-key'],
  );
});

test('AuthConversation passes partial success on with the methods that remain', async () => {
  const verdict = { accepted: true, counts: false, methods: ['password'], remaining: ['password'] };
  const { conversation, commands, settled } = conversationWith({
    lookUpUser: { ...user, banner: '' },
    verifyKey: verdict,
  });
  const empty = new Uint8Array(0);
  ask(conversation, {
    method: 'publickey',
    algorithm: 'ssh-ed25519',
    key,
    hostBound: false,
    signature: empty,
    signedData: empty,
  });
  await settled();
  assert.deepEqual(commands, [{ protocol: 'userauth', type: 'accept', remaining: ['password'] }]);
});

test('AuthConversation ends the connection when the monitor refuses a call', async () => {
  const { conversation, commands, settled } = conversationWith({});
  ask(conversation, { method: 'password', password: Uint8Array.of(120), newPassword: undefined });
  await settled();
  assert.equal(commands[0]?.type, 'end');
});

test('AuthConversation refuses methods that sshd does not have and counts them', async () => {
  const { conversation, commands, settled } = conversationWith({ lookUpUser: { ...user, banner: '' } });
  ask(conversation, { method: 'keyboard-interactive', submethods: '' });
  await settled();
  assert.deepEqual(commands, [{ protocol: 'userauth', type: 'refuse', methods: ['publickey'], counts: true }]);
});
