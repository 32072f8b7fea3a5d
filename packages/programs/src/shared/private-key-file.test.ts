import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { TemporaryFolder } from '@sallyport/testing';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { loadKeyFailed } from './messages.ts';
import { escapeControls } from './printable.ts';
import { KeyFileError, type KeyFileProblem, readPrivateKeyFile, unlockPrivateKey } from './private-key-file.ts';

const crypto = createCryptoProvider();
const [sample] = keySamples;
assert.ok(sample);
const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

function problemOf(read: () => unknown): KeyFileProblem | undefined {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof KeyFileError, String(error));
    return error.problem;
  }
  return undefined;
}

test('a key in clear opens without a question', async () => {
  await using folder = await TemporaryFolder.create();
  const sealed = readPrivateKeyFile(await folder.write('key', sample.privateFile));
  const key = await unlockPrivateKey(sealed, { crypto, ask: () => assert.fail('nothing is to be asked') });
  assert.equal(key.comment, 'sample of ed25519');
});

test('an encrypted key is asked for until the passphrase is right, and no more often than allowed', async () => {
  await using folder = await TemporaryFolder.create();
  const sealed = readPrivateKeyFile(await folder.write('key', sample.encryptedFile));
  const asked: number[] = [];
  const given: Uint8Array[] = [];
  const ask = (attempt: number): Uint8Array => {
    asked.push(attempt);
    given.push(bytes(attempt === 2 ? samplePassphrase : 'wrong'));
    return given.at(-1) as Uint8Array;
  };
  const key = await unlockPrivateKey(sealed, { crypto, ask, attempts: 3 });
  assert.equal(key.publicKey.type, 'ssh-ed25519');
  assert.deepEqual(asked, [0, 1, 2]);
  assert.ok(
    given.every((passphrase) => passphrase.every((byte) => byte === 0)),
    'passphrases are wiped',
  );
  asked.length = 0;
  await assert.rejects(unlockPrivateKey(sealed, { crypto, ask, attempts: 2 }), { problem: 'wrong-passphrase' });
  assert.deepEqual(asked, [0, 1]);
  await assert.rejects(unlockPrivateKey(sealed, { crypto, ask: () => undefined }), { problem: 'wrong-passphrase' });
});

test('files that are missing, open to others, no keys, folders or too large are refused with the reason', async () => {
  await using folder = await TemporaryFolder.create();
  assert.equal(
    problemOf(() => readPrivateKeyFile(folder.file('missing'))),
    'missing',
  );
  const open = await folder.write('open', sample.privateFile, 0o604);
  assert.equal(
    problemOf(() => readPrivateKeyFile(open)),
    'unprotected',
  );
  assert.equal(
    problemOf(() => readPrivateKeyFile(open, { mustBeProtected: false })),
    undefined,
  );
  const junk = await folder.write('junk', 'junk\n');
  assert.equal(
    problemOf(() => readPrivateKeyFile(junk)),
    'malformed',
  );
  const large = await folder.write('large', sample.privateFile.padEnd((1 << 20) + 1));
  assert.equal(
    problemOf(() => readPrivateKeyFile(large)),
    'malformed',
  );
  const fits = await folder.write('fits', sample.privateFile.padEnd(1 << 20));
  assert.equal(
    problemOf(() => readPrivateKeyFile(fits)),
    undefined,
  );
  assert.equal(
    problemOf(() => readPrivateKeyFile(folder.path, { mustBeProtected: false })),
    'unreadable',
  );
  assert.equal(loadKeyFailed('f', 'invalid format'), 'Load key "f": invalid format');
});

test('control characters become octal escapes, everything else stays', () => {
  assert.equal(escapeControls('a\u001b[2J\n\u007f\u009b é 鍵'), 'a\\033[2J\\012\\177\\302\\233 é 鍵');
});
