import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signRequest } from '@sallyport/protocol/agent/messages';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { TemporaryFolder } from '@sallyport/testing';
import { HelperProcess } from './helper-process.ts';
import { decodeTokenSigning, encodeTokenSigning } from './token-module-messages.ts';
import { TokenModules } from './token-modules.ts';

const start = (environment: Readonly<Record<string, string>>): HelperProcess =>
  new HelperProcess({ name: 'test-helper', variable: 'TEST_HELPER', environment });

test('a helper answers in order, and what is asked after its end is refused', { timeout: 20_000 }, async () => {
  // cat gives each question back as its answer.
  const helper = start({ TEST_HELPER: '/bin/cat' });
  const questions = [new Uint8Array([1, 2]), new Uint8Array(70_000).fill(7), new Uint8Array([3])];
  assert.deepEqual(await Promise.all(questions.map((question) => helper.ask(question))), questions);
  helper.end();
  await assert.rejects(helper.ask(new Uint8Array([1])), /was ended/);
});

test('a helper that leaves, or talks nonsense, fails what was asked', { timeout: 20_000 }, async () => {
  await assert.rejects(start({ TEST_HELPER: '/bin/true' }).ask(new Uint8Array([1])), /has ended/);
  await using folder = await TemporaryFolder.create();
  const path = await folder.write('nonsense', '#!/bin/sh\nprintf "\\377\\377\\377\\377xxxx"\nread x\n', 0o755);
  await assert.rejects(start({ TEST_HELPER: path }).ask(new Uint8Array([1])), /agent message of/);
});

test('a program that is not there is told', () => {
  assert.throws(() => start({ TEST_HELPER: '/nonexistent' }), /No such file/);
});

test('keys are asked for through the helper that the environment names', { timeout: 20_000 }, async () => {
  const modules = new TokenModules({ SSH_PKCS11_HELPER: '/bin/true' });
  assert.equal(modules.remove('/nonexistent.so'), false);
  await assert.rejects(modules.add('/nonexistent.so', new Uint8Array()), /has ended/);
  modules.end();
});

test('requests of signatures name an algorithm where there is a choice, and those of older programs none', () => {
  const [key, data] = [new Uint8Array([1]), new Uint8Array([2, 3])];
  for (const [algorithm, written] of [
    ['rsa-sha2-512-cert-v01@openssh.com', 'rsa-sha2-512'],
    ['rsa-sha2-256', 'rsa-sha2-256'],
    ['ssh-ed25519', ''],
  ] as const) {
    const request = encodeTokenSigning({ key, data, algorithm });
    assert.deepEqual(decodeTokenSigning(request), { key, data, algorithm: written, compatibility: 0 });
    assert.throws(() => decodeTokenSigning(request.subarray(0, -1)), DecodeError);
  }
  const older = signRequest.encode({ key, data, flags: 0 });
  assert.deepEqual(decodeTokenSigning(older), { key, data, algorithm: undefined });
});
