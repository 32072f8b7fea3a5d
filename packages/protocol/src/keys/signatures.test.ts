import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { keySamples, samplePassphrase, signedDataBase64 } from '@sallyport/testing/key-samples';
import { signatureAlgorithmsOf } from '../algorithms/signatures.ts';
import { base64Decode } from '../wire/base64.ts';
import { Reader } from '../wire/reader.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { Writer } from '../wire/writer.ts';
import { decodePrivateKeyFile } from './formats/private-key-file.ts';
import { parsePublicLine } from './formats/public-line.ts';
import type { PrivateKey } from './private-key.ts';
import { verifySignature } from './public-key.ts';

const crypto = createCryptoProvider();
const signedData = base64Decode(signedDataBase64);
const publicKeys = keySamples.map((sample) => parsePublicLine(sample.publicLine).key);

function openSample(index: number): PrivateKey {
  const file = utf8Encode(keySamples[index]?.privateFile ?? '');
  const key = decodePrivateKeyFile(file).open(crypto, utf8Encode(samplePassphrase));
  assert.ok(key);
  return key;
}

test('verifySignature accepts what stock programs signed, but SHA-1 only when told to', () => {
  for (const [index, sample] of keySamples.entries()) {
    const key = publicKeys[index];
    assert.ok(key);
    for (const { algorithm, blob } of sample.signatures) {
      const signature = base64Decode(blob);
      const byDefault = algorithm !== 'ssh-rsa';
      assert.equal(verifySignature(crypto, { key, data: signedData, signature }), byDefault, algorithm);
      assert.equal(verifySignature(crypto, { key, algorithm, data: signedData, signature }), true, algorithm);
      assert.equal(verifySignature(crypto, { key, algorithm: 'other', data: signedData, signature }), false);
    }
  }
});

test('verifySignature demands the algorithm it was told, also among those of one key', () => {
  const index = keySamples.findIndex((sample) => sample.name === 'rsa1024');
  const key = publicKeys[index];
  const made = keySamples[index]?.signatures.find(({ algorithm }) => algorithm === 'rsa-sha2-512');
  assert.ok(key && made);
  const signature = base64Decode(made.blob);
  assert.equal(verifySignature(crypto, { key, algorithm: 'rsa-sha2-512', data: signedData, signature }), true);
  assert.equal(verifySignature(crypto, { key, algorithm: 'rsa-sha2-256', data: signedData, signature }), false);
});

test('a signature by one key is a signature by no other, whatever algorithm name it bears', () => {
  for (const sample of keySamples) {
    for (const { algorithm, blob } of sample.signatures) {
      const reader = new Reader(base64Decode(blob));
      reader.string();
      const rest = reader.rest();
      for (const [index, key] of publicKeys.entries()) {
        for (const row of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'rsa-sha2-256', 'rsa-sha2-512', 'ssh-rsa', '']) {
          const signature = new Writer().string(row).raw(rest).bytes();
          const own = keySamples[index] === sample && row === algorithm && row !== 'ssh-rsa';
          assert.equal(verifySignature(crypto, { key, data: signedData, signature }), own);
        }
      }
    }
  }
});

test('every truncation, every changed byte and one byte more of a signature is false, never an exception', () => {
  for (const [index, sample] of keySamples.entries()) {
    const key = publicKeys[index];
    const signature = base64Decode(sample.signatures[0]?.blob ?? '');
    assert.ok(key);
    const accepted = (changed: Uint8Array): boolean =>
      verifySignature(crypto, { key, data: signedData, signature: changed });
    for (let length = 0; length < signature.length; length++) {
      assert.equal(accepted(signature.subarray(0, length)), false);
    }
    for (let at = 0; at < signature.length; at++) {
      const changed = signature.slice();
      changed[at] = (changed[at] as number) ^ 0x40;
      assert.equal(accepted(changed), false, `${sample.name} byte ${at}`);
    }
    assert.equal(accepted(new Writer().raw(signature).byte(0).bytes()), false);
  }
});

test('what a private key signs, its public key verifies, with every algorithm of its type', () => {
  for (const [index, key] of publicKeys.entries()) {
    const own = openSample(index);
    for (const row of signatureAlgorithmsOf(key.type)) {
      const signature = own.sign(crypto, row.name, signedData);
      const { name: algorithm } = row;
      assert.equal(verifySignature(crypto, { key, algorithm, data: signedData, signature }), true);
      assert.equal(verifySignature(crypto, { key, algorithm, data: signature, signature }), false);
    }
  }
});

test('a private key refuses algorithms of other types and unknown ones', () => {
  const index = keySamples.findIndex((sample) => sample.name === 'rsa1024');
  const key = openSample(index);
  for (const algorithm of ['ssh-rsa-cert-v01@openssh.com', 'ssh-ed25519', 'ssh-dss', '']) {
    assert.throws(() => key.sign(crypto, algorithm, signedData), RangeError);
  }
});

test('a wiped private key signs nothing and gives nothing away', () => {
  for (const index of keySamples.keys()) {
    const key = openSample(index);
    const algorithm = signatureAlgorithmsOf(key.publicKey.type)[0]?.name ?? '';
    key.sign(crypto, algorithm, signedData);
    key.wipe();
    assert.throws(() => key.sign(crypto, algorithm, signedData), /not usable/);
    assert.throws(() => key.writeTo(new Writer()), /wiped/);
    assert.equal(key.publicKey.blob.length > 0, true);
  }
});

test('an RSA signature with its leading zero bytes left out verifies, a longer one does not', () => {
  const index = keySamples.findIndex((sample) => sample.name === 'rsa1024');
  const own = openSample(index);
  const key = own.publicKey;
  for (let counter = 0; counter < 4096; counter++) {
    const data = new Writer().uint32(counter).bytes();
    const reader = new Reader(own.sign(crypto, 'rsa-sha2-256', data));
    reader.string();
    const raw = reader.string();
    if (raw[0] !== 0) continue;
    const blob = (bytes: Uint8Array): Uint8Array => new Writer().string('rsa-sha2-256').string(bytes).bytes();
    assert.equal(verifySignature(crypto, { key, data, signature: blob(raw) }), true);
    assert.equal(verifySignature(crypto, { key, data, signature: blob(raw.subarray(1)) }), true);
    const longer = new Writer().byte(0).raw(raw).bytes();
    assert.equal(verifySignature(crypto, { key, data, signature: blob(longer) }), false);
    return;
  }
  assert.fail('no signature began with a zero byte');
});
