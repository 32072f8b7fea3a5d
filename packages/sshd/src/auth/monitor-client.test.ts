import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { encodeFrame } from '@sallyport/protocol/wire/frame';
import { readNow, sendWhole } from '@sallyport/system/blocking-io';
import { closeDescriptor, socketPair } from '@sallyport/system/descriptors';
import { authAnswers, authCalls } from '../monitor/calls.ts';
import { MonitorClient, MonitorGone } from './monitor-client.ts';

const acceptable = encodeFrame(authAnswers.checkKey.number, authAnswers.checkKey.fields.encode({ acceptable: true }));
const question = { algorithm: 'ssh-ed25519', key: Uint8Array.of(1) };

/** A client whose monitor has said this already, since the client blocks until it is answered. */
function clientAfter(...said: readonly Uint8Array[]): { readonly client: MonitorClient; readonly monitorFd: number } {
  const [fd, monitorFd] = socketPair('stream');
  for (const bytes of said) sendWhole(monitorFd, bytes);
  return { client: new MonitorClient(fd), monitorFd };
}

test('MonitorClient asks in a frame and gives the answer', () => {
  const { client, monitorFd } = clientAfter(acceptable);
  assert.deepEqual(client.call('checkKey', question), { acceptable: true });
  const room = new Uint8Array(1024);
  const length = readNow(monitorFd, room);
  const { number, fields } = authCalls.checkKey;
  assert.deepEqual(room.slice(0, length), encodeFrame(number, fields.encode(question)));
});

test('MonitorClient takes an answer that is larger than what it reads at a time', () => {
  const banner = 'x'.repeat(100_000);
  const value = { valid: true, methods: [], maximumAttempts: 6, banner };
  const { number, fields } = authAnswers.lookUpUser;
  const { client } = clientAfter(encodeFrame(number, fields.encode(value)));
  assert.deepEqual(client.call('lookUpUser', { user: 'alice' }), value);
});

test('MonitorClient does not take the answer to another call, nor two answers', () => {
  const other = encodeFrame(authAnswers.sign.number, authAnswers.sign.fields.encode({ signature: new Uint8Array(1) }));
  assert.throws(() => clientAfter(other).client.call('checkKey', question), DecodeError);
  assert.throws(() => clientAfter(acceptable, acceptable).client.call('checkKey', question), DecodeError);
});

test('MonitorClient says so when the monitor has closed the pipe, whether it asks or tells', () => {
  for (const tries of [1, 2]) {
    const { client, monitorFd } = clientAfter();
    closeDescriptor(monitorFd);
    for (let i = 0; i < tries; i++) {
      assert.throws(() => client.send('log', { level: 1, line: 'x' }), MonitorGone);
      assert.throws(() => client.call('checkKey', question), MonitorGone);
    }
  }
});
