import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completeSshOptions } from '@sallyport/protocol/config/defaults';
import { ownAlgorithms } from '@sallyport/protocol/config/own-algorithms';
import type { SshOptions, SshSettings } from '@sallyport/protocol/config/ssh-keywords';
import { ProgramLog } from './log.ts';
import { keepAliveOf, programOf, terminalKind, variablesToSend, wantsTerminal } from './session-options.ts';

const options = (settings: SshSettings): SshOptions => completeSshOptions(settings, ownAlgorithms('client'));

test('the program is a shell, a command, a subsystem or nothing', () => {
  assert.deepEqual(programOf(options({}), { command: '', stdioForward: undefined }), { type: 'shell' });
  assert.deepEqual(programOf(options({}), { command: 'ls', stdioForward: undefined }), { type: 'exec', command: 'ls' });
  assert.deepEqual(programOf(options({ RemoteCommand: 'ls' }), { command: '', stdioForward: undefined }), {
    type: 'exec',
    command: 'ls',
  });
  assert.deepEqual(programOf(options({ RemoteCommand: 'none' }), { command: 'ls', stdioForward: undefined }), {
    type: 'exec',
    command: 'ls',
  });
  assert.deepEqual(programOf(options({ SessionType: 'subsystem' }), { command: 'sftp', stdioForward: undefined }), {
    type: 'subsystem',
    name: 'sftp',
  });
  const stdioForward = { kind: 'tcp', host: 'h', port: 22 } as const;
  assert.equal(programOf(options({}), { command: '', stdioForward })?.type, 'stdio-forward');
  assert.equal(programOf(options({ SessionType: 'none' }), { command: 'ls', stdioForward: undefined }), undefined);
  assert.throws(() => programOf(options({ RemoteCommand: 'a' }), { command: 'b', stdioForward: undefined }), {
    message: 'Cannot execute command-line and remote command.',
  });
  assert.throws(() => programOf(options({ SessionType: 'subsystem' }), { command: '', stdioForward: undefined }), {
    message: 'You must specify a subsystem to invoke.',
  });
});

test('a shell gets a terminal when our input is one; -t asks for one; -tt takes one in any case', () => {
  const said: string[] = [];
  const log = new ProgramLog((_fd, text) => said.push(text));
  const ask = (settings: SshSettings, command: string, inputIsTerminal: boolean): boolean => {
    const given = options(settings);
    return wantsTerminal(given, {
      program: programOf(given, { command: command, stdioForward: undefined }),
      inputIsTerminal,
      log,
    });
  };
  assert.equal(ask({}, '', true), true);
  assert.equal(ask({}, 'ls', true), false);
  assert.equal(ask({ RequestTTY: 'yes' }, 'ls', true), true);
  assert.equal(ask({ RequestTTY: 'no' }, '', true), false);
  assert.equal(ask({ RequestTTY: 'force' }, 'ls', false), true);
  assert.equal(ask({ SessionType: 'none', RequestTTY: 'force' }, '', true), false);
  assert.equal(said.length, 0);
  assert.equal(ask({}, '', false), false);
  assert.equal(ask({ StdinNull: true }, '', true), false);
  const line = 'Pseudo-terminal will not be allocated because stdin is not a terminal.\r\n';
  assert.deepEqual(said, [line, line]);
});

test('variables that SendEnv names are sent, then those of SetEnv', () => {
  const given = options({ SendEnv: ['LC_*', 'LANG'], SetEnv: ['A=b=c', 'TERM=dumb'] });
  const environment = { LANG: 'C', LC_ALL: 'de', SECRET: 'x', LC_NONE: undefined, TERM: 'xterm' };
  assert.deepEqual(variablesToSend(given, environment), [
    { name: 'LANG', value: 'C' },
    { name: 'LC_ALL', value: 'de' },
    { name: 'A', value: 'b=c' },
    { name: 'TERM', value: 'dumb' },
  ]);
  assert.equal(terminalKind(given, environment), 'dumb');
  assert.equal(terminalKind(options({}), environment), 'xterm');
  assert.equal(terminalKind(options({}), {}), '');
});

test('ServerAliveInterval asks after so many seconds, 0 never', () => {
  assert.equal(keepAliveOf(options({})), undefined);
  assert.deepEqual(keepAliveOf(options({ ServerAliveInterval: 5 })), { intervalMs: 5000, count: 3 });
});
