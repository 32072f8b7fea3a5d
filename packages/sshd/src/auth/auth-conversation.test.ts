import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServerStackCommand } from '@sallyport/protocol/stack/events';
import type { UserauthServerRequest } from '@sallyport/protocol/userauth/events';
import { AuthConversation } from './auth-conversation.ts';
import type { MonitorPort } from './monitor-client.ts';

interface Recorded {
  readonly conversation: AuthConversation;
  readonly calls: string[];
  readonly commands: ServerStackCommand[];
}

function conversationWith(answers: Readonly<Record<string, object>>): Recorded {
  const calls: string[] = [];
  const commands: ServerStackCommand[] = [];
  const monitor = {
    call: (name: string) => {
      calls.push(name);
      const answer = answers[name];
      if (answer === undefined) throw new Error('refused');
      return answer;
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
  return { conversation, calls, commands };
}

const user = { valid: true, methods: ['publickey'], maximumAttempts: 2, banner: 'hello\n' };
const key = Uint8Array.of(1);

function ask(to: AuthConversation, request: UserauthServerRequest, attempt = 1): void {
  to.handle({ protocol: 'userauth', type: 'authentication-requested', user: 'alice', request, attempt });
}

test('AuthConversation looks the user up once and sends the banner before the first answer', () => {
  const verdict = { accepted: false, counts: false, methods: ['publickey'], remaining: [] };
  const { conversation, calls, commands } = conversationWith({
    lookUpUser: user,
    checkNone: verdict,
    checkKey: { acceptable: true },
  });
  ask(conversation, { method: 'none' });
  ask(conversation, { method: 'publickey-query', algorithm: 'ssh-ed25519', key, hostBound: false }, 2);
  assert.deepEqual(calls, ['lookUpUser', 'checkNone', 'checkKey']);
  assert.deepEqual(
    commands.map((command) => command.type),
    ['send-banner', 'refuse', 'accept-key'],
  );
});

test('AuthConversation passes partial success on with the methods that remain', () => {
  const verdict = { accepted: true, counts: false, methods: ['password'], remaining: ['password'] };
  const { conversation, commands } = conversationWith({
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
  assert.deepEqual(commands, [{ protocol: 'userauth', type: 'accept', remaining: ['password'] }]);
});

test('AuthConversation ends the connection when the monitor refuses a call', () => {
  const { conversation, commands } = conversationWith({});
  ask(conversation, { method: 'password', password: Uint8Array.of(120), newPassword: undefined });
  assert.equal(commands[0]?.type, 'end');
});

test('AuthConversation refuses methods that sshd does not have and counts them', () => {
  const { conversation, commands } = conversationWith({ lookUpUser: { ...user, banner: '' } });
  ask(conversation, { method: 'keyboard-interactive', submethods: '' });
  assert.deepEqual(commands, [{ protocol: 'userauth', type: 'refuse', methods: ['publickey'], counts: true }]);
});
