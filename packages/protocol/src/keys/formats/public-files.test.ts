import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { keySamples } from '@sallyport/testing/key-samples';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { bubbleBabble } from '../bubble-babble.ts';
import { babbleFingerprint } from '../fingerprint.ts';
import { decodeArmor, encodeArmor, rfc4716Style } from './armor.ts';
import { decodePublicFile, encodePublicFile, publicFileFormat, publicFileFormats } from './public-files.ts';
import { parseAnyPublicLine, parsePublicLine } from './public-line.ts';

const crypto = createCryptoProvider();
const keys = keySamples.map(({ publicLine }) => parsePublicLine(publicLine));

test('a public key is the same after every format, and the crypto library reads what is meant for it', () => {
  for (const { key, comment } of keys) {
    for (const format of publicFileFormats) {
      const text = encodePublicFile(key, format, comment);
      if (format === 'PEM' && key.type !== 'ssh-rsa') {
        assert.equal(text, undefined);
        continue;
      }
      const file = utf8Encode(text ?? '');
      assert.equal(publicFileFormat(file), format);
      assert.deepEqual(decodePublicFile(file, format).blob, key.blob, `${key.type} ${format}`);
      if (format !== 'RFC4716') createPublicKey(text ?? '');
    }
  }
});

test('RFC 4716 has a quoted comment, lines of 70 and takes certificates (RFC 4716 section 3)', () => {
  const [first] = keys;
  assert.ok(first !== undefined);
  const text = encodePublicFile(first.key, 'RFC4716', 'a "comment"\n') ?? '';
  assert.match(text, /^---- BEGIN SSH2 PUBLIC KEY ----\nComment: "a {2}comment {2}"\nAAAA/);
  assert.ok(text.split('\n').every((line) => line.length <= 70));
  const certificate = parseAnyPublicLine(certificateSamples[0]?.line ?? '').key;
  const file = utf8Encode(encodeArmor({ label: 'SSH2 PUBLIC KEY', data: certificate.blob }, rfc4716Style));
  assert.deepEqual(decodePublicFile(file, 'RFC4716').blob, certificate.blob);
});

test('continued headers and other names of RFC 4716 are read (RFC 4716 section 3.3)', () => {
  const [first] = keys;
  assert.ok(first !== undefined);
  const lines = (encodePublicFile(first.key, 'RFC4716') ?? '').split('\n');
  const headers = ['Subject: me', 'Comment: "a long comment\\', 'that goes on"', 'x-own: \\', 'value'];
  const file = utf8Encode([lines[0], ...headers, ...lines.slice(2)].join('\r\n'));
  assert.deepEqual(decodePublicFile(file, 'RFC4716').blob, first.key.blob);
});

test('a public file with a byte changed or cut off is an error or another well-formed key', () => {
  for (const { key } of keys.filter(({ key: { type } }) => type !== 'ssh-rsa')) {
    const { label, data } = decodeArmor(utf8Encode(encodePublicFile(key, 'PKCS8') ?? ''));
    for (let at = 0; at < data.length; at++) {
      const changed = data.slice();
      changed[at] = (changed[at] ?? 0) ^ 0x55;
      for (const bytes of [changed, data.slice(0, at)]) {
        try {
          decodePublicFile(utf8Encode(encodeArmor({ label, data: bytes })), 'PKCS8');
        } catch (error) {
          assert.ok(error instanceof DecodeError);
        }
      }
    }
  }
});

test('BubbleBabble gives the words of its draft', () => {
  assert.equal(bubbleBabble(new Uint8Array(0)), 'xexax');
  assert.equal(bubbleBabble(utf8Encode('1234567890')), 'xesef-disof-gytuf-katof-movif-baxux');
  assert.equal(bubbleBabble(utf8Encode('Pineapple')), 'xigak-nyryk-humil-bosek-sonax');
  const [first] = keys;
  assert.ok(first !== undefined);
  assert.match(babbleFingerprint(crypto, first.key), /^x[a-z]{4}(?:-[a-z]{5}){10}$/);
});
