import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Grant } from '../authentication/grant.ts';
import { acceptsVariable, sessionEnvironment } from './session-environment.ts';

const grant: Grant = {
  user: 'alice',
  uid: 1000,
  gid: 1000,
  home: '/home/alice',
  shell: '/bin/sh',
  method: 'publickey',
  peer: { address: '192.0.2.7', port: 4711 },
  local: { address: '192.0.2.1', port: 22 },
  environment: ['A=key', 'A=second', 'BUN_OPTIONS=--preload=/tmp/x'],
  setEnvironment: ['B=set=with'],
  acceptEnvironment: ['LANG', 'LC_*', 'NODE_*'],
  permitPty: true,
  permitLocalForwarding: true,
  permitAgentForwarding: true,
  permitOpen: [],
  maximumSessions: 10,
  subsystems: {},
  printMotd: false,
  printLastLog: false,
  clientAlive: { intervalMs: 0, maximumCount: 3 },
  logLevel: 'info',
};

test('AcceptEnv lets through what it names and nothing that steers the runtime', () => {
  assert.equal(acceptsVariable(grant, 'LC_ALL', 'C'), true);
  assert.equal(acceptsVariable(grant, 'PATH', '/tmp'), false);
  assert.equal(acceptsVariable(grant, 'NODE_OPTIONS', '--require=/tmp/x'), false);
  assert.equal(acceptsVariable(grant, 'LC_A=B', 'x'), false);
  assert.equal(acceptsVariable(grant, 'LC_A', 'x\0y'), false);
  assert.equal(acceptsVariable(grant, '', 'x'), false);
});

test('a session has the variables that sshd sets, and the client cannot replace them', () => {
  const accepted = new Map([
    ['LC_ALL', 'C'],
    ['HOME', '/evil'],
    ['SSH_CLIENT', 'forged'],
  ]);
  const environment = sessionEnvironment(grant, {
    accepted,
    ttyPath: '/dev/pts/3',
    term: 'xterm',
    originalCommand: 'ls',
    agentPath: '/tmp/ssh-x/agent.1',
    timeZone: 'Asia/Tokyo',
  });
  assert.deepEqual(environment, {
    LC_ALL: 'C',
    HOME: '/home/alice',
    USER: 'alice',
    LOGNAME: 'alice',
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/games',
    MAIL: '/var/mail/alice',
    SHELL: '/bin/sh',
    A: 'key',
    B: 'set=with',
    SSH_CLIENT: '192.0.2.7 4711 22',
    SSH_CONNECTION: '192.0.2.7 4711 192.0.2.1 22',
    TZ: 'Asia/Tokyo',
    SSH_TTY: '/dev/pts/3',
    TERM: 'xterm',
    SSH_AUTH_SOCK: '/tmp/ssh-x/agent.1',
    SSH_ORIGINAL_COMMAND: 'ls',
  });
});
