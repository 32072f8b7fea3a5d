import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { PrivateKey } from '../private-key.ts';
import { formatSshfp, sshfpRecords } from './sshfp.ts';

const crypto = createCryptoProvider();

test('a key has a record for each digest, with its algorithm number (RFC 4255 section 3.1)', () => {
  const { publicKey } = new PrivateKey(crypto.generateKey('ed25519'));
  const [sha1, sha256] = sshfpRecords(crypto, publicKey);
  assert.ok(sha1 !== undefined && sha256 !== undefined);
  assert.deepEqual([sha1.algorithm, sha1.digestType, sha1.fingerprint.length], [4, 1, 20]);
  assert.deepEqual(sha256.fingerprint, crypto.digest('sha256', publicKey.blob));
  const digits = Buffer.from(sha256.fingerprint).toString('hex');
  assert.equal(formatSshfp('host.', sha256), `host. IN SSHFP 4 2 ${digits}`);
  assert.equal(formatSshfp('host.', sha256, true), `host. IN TYPE44 \\# 34 04 02 ${digits}`);
  const numbers = ['ecdsa', 'rsa'] as const;
  const made = numbers.map((kind) => new PrivateKey(crypto.generateKey(kind, { bits: 2048, curve: 'nistp384' })));
  assert.deepEqual(
    made.map((key) => sshfpRecords(crypto, key.publicKey, ['sha256']).map(({ algorithm }) => algorithm)),
    [[3], [1]],
  );
});
