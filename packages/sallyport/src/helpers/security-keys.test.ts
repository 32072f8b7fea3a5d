import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { securityKeySignature } from '@sallyport/protocol/keys/types/security-key';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { Writer } from '@sallyport/protocol/wire/writer';
import { TemporaryFolder } from '@sallyport/testing';
import * as messages from './security-key-messages.ts';
import { SecurityKeyError, SecurityKeys } from './security-keys.ts';
import { securityKeyProvider, signWithToken } from './token-signature.ts';

const crypto = createCryptoProvider();

/** A key as a token makes it. */
function tokenKey(application: string, flags: number): PrivateKey {
  const { publicKey: made } = new PrivateKey(crypto.generateKey('ed25519'));
  assert.ok(made.parts.kind === 'ed25519');
  const { publicKey } = made.parts;
  const handle = { flags, keyHandle: new Uint8Array(8), reserved: new Uint8Array() };
  return new PrivateKey({ kind: 'sk-ed25519', publicKey, application, ...handle });
}

function fieldsOf(key: PrivateKey): Uint8Array {
  const writer = new Writer();
  key.writeTo(writer);
  return writer.bytes();
}

/** A helper that gives one answer to whatever it is asked. */
async function helperThatSays(folder: TemporaryFolder, answer: Uint8Array): Promise<Record<string, string>> {
  const octal = [...frameAgentMessage(answer)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const script = `#!/bin/sh\nprintf '${octal}'\ncat >/dev/null\n`;
  return { SSH_SK_HELPER: await folder.write(`helper-${octal.length}`, script, 0o755) };
}

test('a token that needs a PIN says so, and other failures have their names', { timeout: 30_000 }, async () => {
  await using folder = await TemporaryFolder.create();
  for (const [code, failure] of [
    [43, 'pinRequired'],
    [60, 'noDevice'],
    [77, 'unusable'],
  ] as const) {
    const answer = messages.encodeFailure(code, utf8Encode('why\n'.repeat(code)));
    const keys = new SecurityKeys(crypto, await helperThatSays(folder, answer));
    const isNamed = (error: unknown): boolean =>
      error instanceof SecurityKeyError && error.failure === failure && error.detail.startsWith('why\\012');
    await assert.rejects(keys.residentKeys({ provider: '/nonexistent.so' }), isNamed);
  }
});

test('resident keys come with their application and user', { timeout: 30_000 }, async () => {
  await using folder = await TemporaryFolder.create();
  const userId = new Uint8Array(4);
  const key = fieldsOf(tokenKey('ssh:work', 0x21));
  const body = messages.loading.answer.encode([{ key, comment: '', userId }]);
  const environment = await helperThatSays(folder, messages.encodeAnswer(messages.loading.kind, body));
  const [first, ...others] = await new SecurityKeys(crypto, environment).residentKeys({ provider: '/nonexistent.so' });
  assert.ok(first);
  assert.deepEqual([first.application, first.userId, others], ['ssh:work', userId, []]);
  assert.deepEqual([first.key.publicKey.type, first.key.securityKey?.flags], ['sk-ssh-ed25519@openssh.com', 0x21]);
});

test('keys of another kind or application than was asked for, and keys that are none, are refused', async () => {
  await using folder = await TemporaryFolder.create();
  const place = { provider: '/nonexistent.so', application: 'ssh:', flags: 1 };
  const refuses = async (key: Uint8Array, algorithm: 'ed25519' | 'ecdsa', reason: RegExp): Promise<void> => {
    const body = messages.enrolling.answer.encode({ key, attestation: new Uint8Array() });
    const environment = await helperThatSays(folder, messages.encodeAnswer(messages.enrolling.kind, body));
    await assert.rejects(new SecurityKeys(crypto, environment).enroll({ ...place, algorithm }), reason);
  };
  await refuses(fieldsOf(tokenKey('ssh:', 1)), 'ecdsa', /not what was asked for/);
  await refuses(fieldsOf(tokenKey('ssh:else', 1)), 'ed25519', /not what was asked for/);
  await refuses(fieldsOf(new PrivateKey(crypto.generateKey('ed25519'))), 'ed25519', /none of a token/);
  await refuses(new Uint8Array(3), 'ed25519', /ends early/);
});

test('answers of another version, to another question, or with too many keys are refused', () => {
  const { kind } = messages.signing;
  assert.throws(() => messages.decodeAnswer(kind, new Uint8Array([6, 0, 0, 0, kind])), DecodeError);
  assert.throws(() => messages.decodeAnswer(kind, new Uint8Array([5, 0, 0, 0, kind + 1])), DecodeError);
  assert.throws(() => messages.decodeAnswer(kind, new Uint8Array([5, 0, 0, 0, 0, 1])), DecodeError);
  assert.throws(() => messages.loading.answer.decode(new Uint8Array(12 * 1025)), DecodeError);
  assert.throws(() => messages.decodeRequest(new Uint8Array([4, 0, 0, 0, kind, 1, 0, 0, 0, 3])), DecodeError);
});

test('a wrong signature and keys that are none do not leave', { timeout: 30_000 }, async () => {
  await using folder = await TemporaryFolder.create();
  const key = tokenKey('ssh:', 1);
  const made = { raw: new Uint8Array(64), flags: 1, counter: 1 };
  const signature = securityKeySignature(key.publicKey.type, made);
  const body = messages.signing.answer.encode({ signature });
  const environment = await helperThatSays(folder, messages.encodeAnswer(messages.signing.kind, body));
  const told: string[] = [];
  const user = {
    crypto,
    environment,
    provider: '/nonexistent.so',
    keyName: 'k',
    askPin: () => assert.fail('no PIN is needed'),
    tell: (line: string) => {
      told.push(line);
      return () => void told.push('taken back');
    },
  };
  await assert.rejects(signWithToken(key, new Uint8Array(3), user), /signature of the token is wrong/);
  assert.match(told.join(), /^Confirm user presence for key ED25519-SK SHA256:\S+,taken back$/);
  const plain = new PrivateKey(crypto.generateKey('ed25519'));
  await assert.rejects(
    new SecurityKeys(crypto, environment).sign(plain, new Uint8Array(1), user),
    /not one of a token/,
  );
});

test('what speaks to tokens is what was named, what the environment says, or libfido2', () => {
  assert.equal(securityKeyProvider('/a.so', { SSH_SK_PROVIDER: '/b.so' }), '/a.so');
  assert.equal(securityKeyProvider('internal', { SSH_SK_PROVIDER: '/b.so' }), '/b.so');
  assert.equal(securityKeyProvider('$ELSE', { ELSE: '/c.so' }), '/c.so');
  assert.equal(securityKeyProvider(undefined, {}), 'internal');
  assert.equal(securityKeyProvider('$ELSE', {}), 'internal');
});
