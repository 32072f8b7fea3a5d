import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { buildCertificate } from '@sallyport/protocol/keys/certificate';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { keyDetail } from './key-detail.ts';

const crypto = createCryptoProvider();
const [user, authority] = [1, 2].map(() => new PrivateKey(crypto.generateKey('ed25519'))) as [PrivateKey, PrivateKey];

test('a log line names the plain key, and what a certificate says of itself is made visible', async () => {
  const content = {
    ...{ key: user.publicKey, kind: 'user' as const, serial: 7n, keyId: 'id\nof eve', principals: ['alice'] },
    ...{ validAfter: 0n, validBefore: 1n << 63n, criticalOptions: [], extensions: [] },
  };
  const sign = (algorithm: string, data: Uint8Array): Uint8Array => authority.sign(crypto, algorithm, data);
  const signer = { publicKey: authority.publicKey, sign };
  const certificate = await buildCertificate(crypto, content, { signer });
  assert.match(keyDetail(crypto, user.publicKey), /^ED25519 SHA256:\S{43}$/);
  const detail = keyDetail(crypto, certificate);
  assert.match(detail, /^ED25519-CERT SHA256:\S{43} ID id\\012of eve \(serial 7\) CA ED25519 SHA256:\S{43}$/);
  assert.ok(detail.includes(keyDetail(crypto, user.publicKey).split(' ')[1] ?? '?'));
});
