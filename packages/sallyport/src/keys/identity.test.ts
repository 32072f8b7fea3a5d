import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { readPrivateKey } from './private-keys.ts';

test('readPrivateKey opens a file with its passphrase and says why it does not', async () => {
  await using folder = await TemporaryFolder.create();
  const [sample] = keySamples;
  const path = await folder.write('key', sample?.encryptedFile ?? '');
  const key = await readPrivateKey(path, samplePassphrase);
  assert.equal(key.publicKey.type, 'ssh-ed25519');
  await assert.rejects(readPrivateKey(path), /needs a passphrase/);
  await assert.rejects(readPrivateKey(path, 'wrong'), /wrong passphrase/);
  const dsa = await folder.write('dsa', dsaSample.privateFile);
  await assert.rejects(readPrivateKey(dsa), /unsupported key type/);
});
