import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples } from '@sallyport/testing/key-samples';
import { TemporaryFolder } from '@sallyport/testing/temporary-folder';
import { loadHostKeys } from './load-host-keys.ts';

const crypto = createCryptoProvider();

test('a host key that cannot be used is named, DSA among them, and the others are loaded', async () => {
  await using folder = await TemporaryFolder.create();
  const good = await folder.write('good', keySamples[0]?.privateFile ?? '', 0o600);
  const dsa = await folder.write('dsa', dsaSample.privateFile, 0o600);
  await folder.write('dsa.pub', `${dsaSample.publicLine}\n`);
  for (const hasAgent of [false, true]) {
    const { keys, problems } = loadHostKeys(crypto, { files: [dsa, good], isOptional: false, hasAgent });
    assert.deepEqual(
      keys.map(({ publicKey }) => publicKey.type),
      ['ssh-ed25519'],
    );
    assert.deepEqual(problems, [
      `Unable to load host key "${dsa}": unknown or unsupported key type`,
      `Unable to load host key: ${dsa}`,
    ]);
  }
});
