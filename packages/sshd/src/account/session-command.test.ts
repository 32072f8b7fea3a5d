import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Grant } from '../authentication/grant.ts';
import { sessionCommand, shellArguments } from './session-command.ts';

const open = { subsystems: { sftp: '/usr/lib/openssh/sftp-server' } } as unknown as Grant;
const forced = { ...open, forcedCommand: { command: 'date', source: 'key-option' } } as unknown as Grant;

test('a session runs what the client asks for when nothing is forced', () => {
  assert.deepEqual(sessionCommand(open, { type: 'shell' }), {
    isSubsystem: false,
    forced: false,
    description: 'shell',
  });
  assert.equal(sessionCommand(open, { type: 'exec', command: 'ls' })?.command, 'ls');
  assert.equal(sessionCommand(open, { type: 'subsystem', name: 'sftp' })?.command, '/usr/lib/openssh/sftp-server');
  assert.equal(sessionCommand(open, { type: 'subsystem', name: 'toString' }) === undefined, true);
});

test('a forced command replaces shell, command and subsystem and keeps the original for the environment', () => {
  for (const wanted of [
    { type: 'shell' },
    { type: 'exec', command: 'ls' },
    { type: 'subsystem', name: 'sftp' },
  ] as const) {
    assert.equal(sessionCommand(forced, wanted)?.command, 'date');
  }
  assert.equal(sessionCommand(forced, { type: 'exec', command: 'ls' })?.originalCommand, 'ls');
  assert.equal(sessionCommand(forced, { type: 'shell' })?.originalCommand, undefined);
});

test('commands run by the shell with -c and login shells have a dash', () => {
  assert.deepEqual(shellArguments('/bin/bash', 'ls'), ['bash', '-c', 'ls']);
  assert.deepEqual(shellArguments('/bin/sh', undefined), ['-sh']);
});
