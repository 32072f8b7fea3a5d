import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { frameAgentMessage } from '@sallyport/protocol/agent/framing';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { DecodeError } from '@sallyport/protocol/wire/decode-error';
import { TemporaryFolder } from '@sallyport/testing';
import * as messages from './security-key-messages.ts';
import { SecurityKeyError, SecurityKeys } from './security-keys.ts';
import { middlewareOf, signWithToken } from './token-signature.ts';

const crypto = createCryptoProvider();

/** A helper that gives one answer to whatever it is asked. */
async function helperThatSays(folder: TemporaryFolder, answer: Uint8Array): Promise<Record<string, string>> {
  const octal = [...frameAgentMessage(answer)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
  const script = `#!/bin/sh\nprintf '${octal}'\ncat >/dev/null\n`;
  return { SSH_SK_HELPER: await folder.write(`helper-${octal.length}`, script, 0o755) };
}

test('a token that needs a PIN says so, and other failures have their names', { timeout: 30_000 }, async () => {
  await using folder = await TemporaryFolder.create();
  const place = { provider: '/nonexistent.so' };
  for (const [code, failure] of [
    [3, 'pinRequired'],
    [4, 'noDevice'],
    [77, 'unusable'],
  ] as const) {
    const answer = messages.failed.encode({ code, reason: 'x'.repeat(code) });
    const keys = new SecurityKeys(crypto, await helperThatSays(folder, answer));
    const isNamed = (error: unknown): boolean => error instanceof SecurityKeyError && error.failure === failure;
    await assert.rejects(keys.residentKeys(place), isNamed);
  }
});

test('resident keys come with their application and user', { timeout: 30_000 }, async () => {
  await using folder = await TemporaryFolder.create();
  const { publicKey: made } = new PrivateKey(crypto.generateKey('ed25519'));
  assert.ok(made.parts.kind === 'ed25519');
  const { publicKey } = made.parts;
  const userId = new Uint8Array(4);
  const common = { application: 'ssh:work', flags: 0x21, userId, keyHandle: new Uint8Array(8) };
  const answer = messages.loaded.encode({
    keys: [
      { ...common, algorithm: 'ed25519', publicKey },
      { ...common, algorithm: 'unknown', publicKey },
    ],
  });
  const keys = new SecurityKeys(crypto, await helperThatSays(folder, answer));
  const [first, ...rest] = await keys.residentKeys({ provider: '/nonexistent.so' });
  assert.ok(first);
  assert.deepEqual([first.application, first.userId, rest], ['ssh:work', userId, []]);
  assert.equal(first.key.publicKey.type, 'sk-ssh-ed25519@openssh.com');
});

test('a wrong signature and keys that are none do not leave', { timeout: 30_000 }, async () => {
  await using folder = await TemporaryFolder.create();
  const signed = messages.signed.encode({ flags: 1, counter: 1, r: new Uint8Array(64), s: new Uint8Array() });
  const environment = await helperThatSays(folder, signed);
  const { publicKey: made } = new PrivateKey(crypto.generateKey('ed25519'));
  assert.ok(made.parts.kind === 'ed25519');
  const parts = { flags: 1, keyHandle: new Uint8Array(1), reserved: new Uint8Array() };
  const key = new PrivateKey({
    kind: 'sk-ed25519',
    publicKey: made.parts.publicKey,
    application: 'ssh:',
    ...parts,
  });
  const told: string[] = [];
  const user = {
    crypto,
    environment,
    provider: '/nonexistent.so',
    keyName: 'k',
    askPin: () => assert.fail('no PIN is needed'),
    tell: (line: string) => void told.push(line),
  };
  await assert.rejects(signWithToken(key, new Uint8Array(3), user), /signature of the token is wrong/);
  assert.match(told.join(), /^Confirm user presence for key ED25519-SK SHA256:/);
  const plain = new PrivateKey(crypto.generateKey('ed25519'));
  await assert.rejects(
    new SecurityKeys(crypto, environment).sign(plain, new Uint8Array(1), user),
    /not one of a token/,
  );
});

test('the middleware is what was named, the environment says, or neither', () => {
  assert.equal(middlewareOf('/a.so', { SSH_SK_PROVIDER: '/b.so' }), '/a.so');
  assert.equal(middlewareOf('internal', { SSH_SK_PROVIDER: '/b.so' }), '/b.so');
  assert.equal(middlewareOf('$ELSE', { ELSE: '/c.so' }), '/c.so');
  assert.throws(() => middlewareOf(undefined, {}), SecurityKeyError);
  assert.throws(() => middlewareOf('internal', { SSH_SK_PROVIDER: 'internal' }), SecurityKeyError);
});

test('lists that are too long are refused', () => {
  const long = new Uint8Array([messages.loaded.number, 0xff, 0xff, 0xff, 0xff]);
  assert.throws(() => messages.loaded.decode(long), DecodeError);
});
