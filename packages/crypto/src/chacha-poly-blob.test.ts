import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hexDecode, hexEncode } from '@sallyport/protocol/wire/base64';
import { chachaPolyBlob } from './chacha-poly-blob.ts';

const nothing = new Uint8Array(0);

test('the key stream of a key of zeros is that of ChaCha20 (RFC 8439 appendix A.1, test vectors 1 and 2)', () => {
  const data = new Uint8Array(64);
  const tag = new Uint8Array(16);
  chachaPolyBlob(new Uint8Array(64)).seal(nothing, nothing, { data, tag });
  assert.equal(
    hexEncode(data),
    [
      '9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed',
      '29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f',
    ].join(''),
  );
});

test('blobs of every length open again, and with one bit changed they do not', () => {
  const key = Uint8Array.from({ length: 64 }, (_, index) => index);
  const cipher = chachaPolyBlob(key);
  for (const length of [0, 1, 15, 16, 17, 63, 64, 65, 128, 1000]) {
    const clear = Uint8Array.from({ length }, (_, index) => index);
    const data = clear.slice();
    const tag = new Uint8Array(16);
    cipher.seal(nothing, nothing, { data, tag });
    if (length > 15) assert.notDeepEqual(data, clear);
    const wrongTag = tag.map((byte, index) => byte ^ (index === 3 ? 1 : 0));
    assert.equal(cipher.open(nothing, nothing, { data: data.slice(), tag: wrongTag }), false);
    assert.equal(cipher.open(nothing, nothing, { data: data.slice(), tag: tag.subarray(1) }), false);
    if (length > 0) {
      const changed = data.map((byte, index) => byte ^ (index === length - 1 ? 0x80 : 0));
      assert.equal(cipher.open(nothing, nothing, { data: changed, tag }), false);
    }
    assert.equal(cipher.open(nothing, nothing, { data, tag }), true);
    assert.deepEqual(data, clear);
  }
  assert.throws(() => chachaPolyBlob(key.subarray(1)), RangeError);
});

test('the tag is the one that another implementation computed', () => {
  const key = new Uint8Array(64).fill(7);
  const data = hexDecode('00112233445566778899aabbccddeeff0011');
  const tag = new Uint8Array(16);
  chachaPolyBlob(key).seal(nothing, nothing, { data, tag });
  assert.equal(hexEncode(data), '37950b3f243e628a48ebaebb05bc0d99b6fb');
  assert.equal(hexEncode(tag), 'cea3c9680c3570443ccffeb8764a9326');
});
