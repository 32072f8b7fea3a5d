import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples } from '@sallyport/testing/key-samples';
import { mldsa44Ed25519Sample } from '@sallyport/testing/mldsa44-ed25519-sample';
import fc from 'fast-check';
import { base64Decode, base64Encode } from '../wire/base64.ts';
import { concatBytes, equalBytes } from '../wire/bytes.ts';
import { DecodeError } from '../wire/decode-error.ts';
import { utf8Encode } from '../wire/utf8.ts';
import { decodeAnyKey, isCertificate, verifyCertificateSignature } from './certificate.ts';
import { checkCertificate } from './certificate-check.ts';
import { parseAllowedSignersLine } from './formats/allowed-signers.ts';
import { parseAuthorizedKeysLine } from './formats/authorized-keys.ts';
import { lookUpHostKey, parseKnownHosts } from './formats/known-hosts.ts';
import { decodePrivateKeyFile } from './formats/private-key-file.ts';
import { parsePublicLine } from './formats/public-line.ts';
import { decodeKrl } from './krl/decode-krl.ts';
import { encodeKrl } from './krl/encode-krl.ts';
import { decodeRevocationList } from './krl/revocation-list.ts';
import { Revocations } from './krl/revocations.ts';
import { decodePublicKey, verifySignature } from './public-key.ts';
import { dearmorSshsig, decodeSshsig } from './sshsig.ts';

const crypto = createCryptoProvider();
const runs = { numRuns: 2000, seed: 20251121 };
const blobs = [...keySamples, dsaSample, mldsa44Ed25519Sample].map((sample) =>
  base64Decode(sample.publicLine.split(' ')[1] ?? ''),
);
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

const certificates = certificateSamples.map(({ line }) => base64Decode(line.split(' ')[1] ?? ''));

/** The bytes with a piece taken out and other bytes put there. */
const damaged = (samples: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(fc.constantFrom(...samples), fc.nat(), fc.uint8Array({ maxLength: 12 }), fc.nat({ max: 12 }))
    .map(([sample, from, junk, length]) => {
      const at = from % (sample.length + 1);
      return concatBytes(sample.subarray(0, at), junk, sample.subarray(Math.min(at + length, sample.length)));
    });

test('certificates that are damaged anywhere are errors or do not hold', () => {
  fc.assert(
    fc.property(damaged(certificates), (bytes) => {
      onlyDecodeErrors(() => {
        const key = decodeAnyKey(bytes);
        if (!isCertificate(key) || certificates.some((blob) => equalBytes(blob, bytes))) return;
        assert.equal(verifyCertificateSignature(crypto, key), false);
        const use = { certificate: key, kind: key.kind, principal: undefined, now: 1_770_000_000 } as const;
        assert.equal(checkCertificate(crypto, use).ok, false);
      });
    }),
    runs,
  );
});

test('revocation lists and signatures with any damage throw nothing but DecodeError', () => {
  const list = new Revocations();
  for (const blob of blobs) list.revoke(decodePublicKey(blob));
  for (let serial = 1n; serial < 2000n; serial += serial % 7n) list.certificatesOf(firstKey).serials.add(serial);
  const file = encodeKrl(list, { version: 1n, generated: 2n, comment: 'x' });
  const text = utf8Encode(keySamples.map((sample) => `${sample.publicLine}\n`).join(''));
  fc.assert(
    fc.property(damaged([file, text]), damaged(certificates), (bytes, blob) => {
      onlyDecodeErrors(() => decodeKrl(bytes).revokes(crypto, firstKey));
      onlyDecodeErrors(() => decodeRevocationList(bytes).revokes(crypto, firstKey));
      onlyDecodeErrors(() => decodeSshsig(concatBytes(utf8Encode('SSHSIG'), Uint8Array.of(0, 0, 0, 1), blob)));
      onlyDecodeErrors(() => dearmorSshsig(`-----BEGIN SSH SIGNATURE-----\n${base64Encode(blob)}`));
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
      const signers = parseAllowedSignersLine(line, { localTime: () => 0 });
      assert.match(signers.kind, /^(?:passed-over|entry|refused)$/);
      const lines = parseKnownHosts(line, 'file');
      const { status } = lookUpHostKey(crypto, lines, { host: 'host', port: 22, key: firstKey });
      assert.match(status, /^(?:found|changed|revoked|unknown)$/);
    }),
    runs,
  );
});
