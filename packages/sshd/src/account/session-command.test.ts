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

test('internal-sftp is served here: as a subsystem, and as a forced command for the subsystem only', () => {
  const subsystem = { type: 'subsystem', name: 'sftp' } as const;
  const internalOf = (grant: Partial<Grant>, wanted: Parameters<typeof sessionCommand>[1] = subsystem): unknown =>
    sessionCommand({ ...open, ...grant }, wanted)?.internal;
  const served = (command: string): unknown => internalOf({ subsystems: { sftp: command } });
  assert.deepEqual(['internal-sftp', 'internal-sftp -R', 'internal-sftp\t-R'].map(served), ['sftp', 'sftp', 'sftp']);
  assert.deepEqual(['internal-sftpd', '/bin/internal-sftp', 'sftp-server'].map(served), [
    undefined,
    undefined,
    undefined,
  ]);
  const only = { forcedCommand: { command: 'internal-sftp -R', source: 'config' } } as const;
  assert.equal(internalOf(only), 'sftp');
  assert.equal(internalOf(only, { type: 'shell' }), 'sftp-only');
  assert.equal(internalOf(only, { type: 'exec', command: 'internal-sftp' }), 'sftp-only');
  assert.equal(internalOf({}, { type: 'exec', command: 'internal-sftp' }), undefined);
});

test('commands run by the shell with -c and login shells have a dash', () => {
  assert.deepEqual(shellArguments('/bin/bash', 'ls'), ['bash', '-c', 'ls']);
  assert.deepEqual(shellArguments('/bin/sh', undefined), ['-sh']);
});
