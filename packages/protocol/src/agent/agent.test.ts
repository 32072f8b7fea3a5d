import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DecodeError } from '../wire/decode-error.ts';
import { AgentMessageReader, frameAgentMessage, maximumAgentMessageBytes } from './framing.ts';
import { decodeIdentities, decodeSignature, encodeSignRequest, requestIdentities } from './messages.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('the request for identities is a length and one byte (draft-ietf-sshm-ssh-agent section 3.5)', () => {
  assert.deepEqual(frameAgentMessage(requestIdentities.encode({})), hex('00000001 0b'));
});

test('identities are read with key and comment, and a count that does not fit is an error', () => {
  const answer = hex('0c 00000002 00000002 aabb 00000001 78 00000001 cc 00000000');
  assert.deepEqual(decodeIdentities(answer), [
    { key: hex('aabb'), comment: 'x' },
    { key: hex('cc'), comment: '' },
  ]);
  const counts = ['00000001', '00000003', 'ffffffff'];
  for (const count of counts) {
    const wrong = answer.slice();
    wrong.set(hex(count), 1);
    assert.throws(() => decodeIdentities(wrong), DecodeError);
  }
  assert.throws(() => decodeIdentities(hex('05')), DecodeError);
});

test('a sign request carries the flag of the RSA digest (draft-ietf-sshm-ssh-agent section 3.6.1)', () => {
  const key = hex('0102');
  const data = hex('03');
  const flagsOf = (algorithm: string): number => encodeSignRequest(key, data, algorithm).at(-1) as number;
  assert.equal(flagsOf('rsa-sha2-256'), 2);
  assert.equal(flagsOf('rsa-sha2-512'), 4);
  assert.equal(flagsOf('ssh-ed25519'), 0);
  assert.deepEqual(encodeSignRequest(key, data, 'ssh-ed25519'), hex('0d 00000002 0102 00000001 03 00000000'));
});

test('a signature is copied out of its answer, a failure is no signature', () => {
  assert.deepEqual(decodeSignature(hex('0e 00000003 616263')), hex('616263'));
  assert.equal(decodeSignature(hex('05')), undefined);
  assert.throws(() => decodeSignature(hex('0e 00000004 616263')), DecodeError);
});

test('messages are cut out of a stream in chunks of every size', () => {
  const stream = new Uint8Array([...frameAgentMessage(hex('0b')), ...frameAgentMessage(hex('0e 00000001 61'))]);
  for (let size = 1; size <= stream.length; size++) {
    const reader = new AgentMessageReader();
    const found: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      reader.receive(stream.subarray(at, at + size));
      for (let message = reader.next(); message !== undefined; message = reader.next()) {
        found.push(Buffer.from(message).toString('hex'));
      }
    }
    assert.deepEqual(found, ['0b', '0e0000000161']);
  }
});

test('an agent message of no length or above 256 KiB is an error before anything is kept for it', () => {
  for (const length of ['00000000', (maximumAgentMessageBytes + 1).toString(16).padStart(8, '0'), 'ffffffff']) {
    const reader = new AgentMessageReader();
    reader.receive(hex(length));
    assert.throws(() => reader.next(), DecodeError);
  }
});
