// The choice of the program by the name of the call and by the first argument.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseProgram } from './choose-program.ts';

const names = ['ssh', 'sshd'];

test('chooseProgram takes the last part of the name it was called by', () => {
  assert.deepEqual(chooseProgram('/usr/local/bin/sshd', ['-D'], names), { name: 'sshd', argv: ['-D'] });
  assert.deepEqual(chooseProgram('ssh', ['sshd'], names), { name: 'ssh', argv: ['sshd'] });
});

test('chooseProgram takes the first argument when the name of the call is not a program', () => {
  assert.deepEqual(chooseProgram('sallyport', ['ssh', '-V'], names), { name: 'ssh', argv: ['-V'] });
});

test('chooseProgram names none for an unknown program and for no argument', () => {
  assert.deepEqual(chooseProgram('sallyport', ['telnet'], names), { name: undefined, argv: ['telnet'] });
  assert.deepEqual(chooseProgram('./sallyport', [], names), { name: undefined, argv: [] });
});
