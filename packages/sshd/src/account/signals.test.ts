import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedSignal, signalNameOf } from './signals.ts';

test('exit-signal names are those of RFC 4254 section 6.10, others have a domain', () => {
  assert.equal(signalNameOf(15), 'TERM');
  assert.equal(signalNameOf(6), 'ABRT');
  assert.equal(signalNameOf(7), 'SIG@openssh.com');
});

test('a client may send the signals that sshd accepts and no others', () => {
  assert.equal(acceptedSignal('INT'), 2);
  assert.equal(acceptedSignal('SEGV'), undefined);
  assert.equal(acceptedSignal('SIGINT'), undefined);
  assert.equal(acceptedSignal('toString'), undefined);
});
