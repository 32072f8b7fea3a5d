import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { keySamples } from '@sallyport/testing/key-samples';
import fc from 'fast-check';
import { base64Decode, base64Encode } from '../wire/base64.ts';
import { concatBytes } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { parseAuthorizedKeysLine } from './formats/authorized-keys.ts';
import { lookUpHostKey, parseKnownHosts } from './formats/known-hosts.ts';
import { decodePrivateKeyFile } from './formats/private-key-file.ts';
import { parsePublicLine } from './formats/public-line.ts';
import { decodePublicKey, verifySignature } from './public-key.ts';

const crypto = createCryptoProvider();
const runs = { numRuns: 2000, seed: 20251121 };
const blobs = keySamples.map((sample) => base64Decode(sample.publicLine.split(' ')[1] ?? ''));
const [firstBlob] = blobs;
assert.ok(firstBlob);
const firstKey = decodePublicKey(firstBlob);

/** The call returns or throws a DecodeError; anything else fails the test. */
function onlyDecodeErrors(decode: () => unknown): void {
  try {
    decode();
  } catch (error) {
    assert.ok(error instanceof DecodeError, String(error));
  }
}

/** Bytes that begin like a sample and go astray somewhere. */
const nearlyKey = fc
  .tuple(fc.constantFrom(...blobs), fc.nat(), fc.uint8Array({ maxLength: 40 }), fc.nat())
  .map(([blob, from, junk, length]) => {
    const at = from % blob.length;
    return concatBytes(blob.subarray(0, at), junk, blob.subarray(at + (length % (blob.length - at + 1))));
  });

test('decoders of keys and signatures throw nothing but DecodeError on any bytes', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), nearlyKey), (bytes) => {
      onlyDecodeErrors(() => decodePublicKey(bytes));
      onlyDecodeErrors(() => decodePrivateKeyFile(bytes));
      assert.equal(verifySignature(crypto, { key: firstKey, data: bytes, signature: bytes }), false);
    }),
    runs,
  );
});

test('private key files with any container throw nothing but DecodeError', () => {
  const head = utf8Encode('openssh-key-v1\0\0\0\0\x04none\0\0\0\x04none\0\0\0\0\0\0\0\x01');
  fc.assert(
    fc.property(fc.boolean(), fc.oneof(fc.uint8Array({ maxLength: 200 }), nearlyKey), (hasHead, bytes) => {
      const packed = hasHead ? concatBytes(head, Uint8Array.of(0, 0, 0, 51), firstBlob, bytes) : bytes;
      const armored = [
        '-----BEGIN OPENSSH PRIVATE KEY-----',
        base64Encode(packed),
        '-----END OPENSSH PRIVATE KEY-----',
      ];
      onlyDecodeErrors(() => decodePrivateKeyFile(utf8Encode(armored.join('\n'))).open(crypto, new Uint8Array(0)));
    }),
    runs,
  );
});

test('readers of lines take any text', () => {
  const word = fc.constantFrom(
    ...keySamples.map((sample) => sample.publicLine),
    '@revoked',
    '|1|',
    '"',
    ',',
    '*',
    ' ',
    '\t',
  );
  const text = fc.array(fc.oneof(word, fc.string({ unit: 'binary', maxLength: 20 })), { maxLength: 8 });
  fc.assert(
    fc.property(text, fc.boolean(), (pieces, spaced) => {
      const line = pieces.join(spaced ? ' ' : '');
      onlyDecodeErrors(() => parsePublicLine(line));
      assert.match(parseAuthorizedKeysLine(line).kind, /^(?:blank|entry|refused)$/);
      const lines = parseKnownHosts(line, 'file');
      const { status } = lookUpHostKey(crypto, lines, { host: 'host', port: 22, key: firstKey });
      assert.match(status, /^(?:found|changed|revoked|unknown)$/);
    }),
    runs,
  );
});
