import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certify } from '@sallyport/testing/certify';
import { decodeOfferedKey, examineOffered, fitsAlgorithm, missingProof } from './offered-key.ts';
import { PrivateKey } from './private-key.ts';

const crypto = createCryptoProvider();
const [user, authority] = [1, 2].map(() => new PrivateKey(crypto.generateKey('ed25519'))) as [PrivateKey, PrivateKey];
const certificate = await certify(crypto, { key: user.publicKey, authority }, { keyId: 'id\nof eve' });
const name = 'ssh-ed25519-cert-v01@openssh.com';

test('a key or a certificate is decoded, and nothing else', () => {
  assert.equal(decodeOfferedKey(user.publicKey.blob)?.type, 'ssh-ed25519');
  assert.equal(decodeOfferedKey(certificate.blob)?.type, name);
  for (const blob of [certificate.blob, user.publicKey.blob]) {
    for (let length = 0; length < blob.length; length++)
      assert.equal(decodeOfferedKey(blob.subarray(0, length)), undefined);
  }
});

test('a certificate does not pass under the name of a plain algorithm, nor a key under that of certificates', () => {
  assert.equal(fitsAlgorithm(certificate, name, 2048), true);
  assert.equal(fitsAlgorithm(certificate, 'ssh-ed25519', 2048), false);
  assert.equal(fitsAlgorithm(user.publicKey, name, 2048), false);
  const data = new Uint8Array(9);
  const signature = user.sign(crypto, 'ssh-ed25519', data);
  assert.deepEqual(examineOffered(crypto, certificate, { algorithm: name, data, signature }), {});
  assert.equal(examineOffered(crypto, certificate, { algorithm: 'ssh-ed25519', data, signature }), undefined);
  assert.equal(examineOffered(crypto, user.publicKey, { algorithm: name, data, signature }), undefined);
  const foreign = authority.sign(crypto, 'ssh-ed25519', data);
  assert.equal(examineOffered(crypto, certificate, { algorithm: name, data, signature: foreign }), undefined);
});

test('RequiredRSASize holds for the key of a certificate and for its authority', async () => {
  const small = new PrivateKey(crypto.generateKey('rsa', { bits: 1024 }));
  const byName = 'rsa-sha2-256-cert-v01@openssh.com';
  const ofSmall = await certify(crypto, { key: small.publicKey, authority });
  assert.deepEqual(
    [2048, 1024].map((bits) => fitsAlgorithm(ofSmall, byName, bits)),
    [false, true],
  );
  const bySmall = await certify(crypto, { key: user.publicKey, authority: small });
  assert.deepEqual(
    [2048, 1024].map((bits) => fitsAlgorithm(bySmall, name, bits)),
    [false, true],
  );
});

test('a token must have been touched, and have verified its user, where either side demands it', () => {
  const of = (userPresent: boolean, userVerified: boolean) => ({
    securityKey: { userPresent, userVerified, counter: 1 },
  });
  const demand = (touchRequired: boolean, verifyRequired: boolean) => ({ touchRequired, verifyRequired });
  const touch = 'user presence (authenticator touch) requirement not met';
  const verify = 'user verification requirement not met';
  for (const [facts, demands, missing] of [
    [{}, [demand(true, true)], undefined],
    [of(true, false), [demand(true, false)], undefined],
    [of(false, false), [demand(true, false), demand(false, false)], touch],
    [of(false, false), [demand(false, false), demand(true, false)], touch],
    [of(false, false), [demand(false, false)], undefined],
    [of(true, false), [demand(false, false), demand(false, true)], verify],
    [of(true, true), [demand(true, true)], undefined],
  ] as const) {
    assert.equal(missingProof(facts, ...demands), missing);
  }
});
