import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { keySamples } from '@sallyport/testing/key-samples';
import { decodeCertificate } from './certificate.ts';
import { fingerprint, fingerprintOfBlob } from './fingerprint.ts';
import { parseAnyPublicLine, parsePublicLine } from './formats/public-line.ts';
import { randomart } from './randomart.ts';

const crypto = createCryptoProvider();

test('fingerprints are those that the stock ssh-keygen prints', () => {
  for (const sample of keySamples) {
    const { key } = parsePublicLine(sample.publicLine);
    assert.equal(fingerprint(crypto, key), sample.sha256);
    assert.equal(fingerprint(crypto, key, 'md5'), sample.md5);
    assert.match(fingerprint(crypto, key, 'sha512'), /^SHA512:[A-Za-z0-9+/]{86}$/);
  }
});

test('the fingerprint of a blob is that of the key in it, or of the bytes when there is none', () => {
  const [certificate] = certificateSamples;
  assert.ok(certificate);
  const key = decodeCertificate(parseAnyPublicLine(certificate.line).key.blob);
  assert.equal(fingerprintOfBlob(crypto, key.blob), fingerprint(crypto, key.key));
  assert.equal(fingerprintOfBlob(crypto, key.key.blob), fingerprint(crypto, key.key));
  const blob = key.blob.slice(0, -1);
  assert.equal(fingerprintOfBlob(crypto, blob), fingerprint(crypto, { blob }));
});

test('randomart is what the stock ssh-keygen draws', () => {
  for (const sample of keySamples) {
    assert.deepEqual(randomart(crypto, parsePublicLine(sample.publicLine).key), sample.randomart);
  }
});

test('randomart of an MD5 fingerprint is framed with its name', () => {
  const sample = keySamples[0];
  assert.ok(sample);
  const lines = randomart(crypto, parsePublicLine(sample.publicLine).key, 'md5');
  assert.equal(lines.length, 11);
  assert.equal(lines[0], '+--[ED25519 256]--+');
  assert.equal(lines.at(-1), '+------[MD5]------+');
});
