import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiDecode, asciiEncode, isAscii } from './ascii.ts';
import { base64Decode, base64Encode, hexEncode } from './base64.ts';
import { DecodeError } from './decode-error.ts';
import { utf8Encode } from './utf8.ts';

test('ASCII of every length comes back, and what is not ASCII is told apart (RFC 20)', () => {
  for (const length of [0, 1, 4095, 4096, 4097, 10_000]) {
    const bytes = Uint8Array.from({ length }, (_, index) => index % 0x80);
    assert.ok(isAscii(bytes));
    assert.deepEqual(asciiEncode(asciiDecode(bytes)), bytes);
  }
  assert.equal(asciiEncode('caf\u00e9'), undefined);
  assert.equal(asciiEncode('\u0141'), undefined);
  assert.equal(isAscii(Uint8Array.of(0x41, 0x80)), false);
});

test('base64 gives the test vectors of RFC 4648 section 10, from text and from bytes', () => {
  const vectors = {
    '': '',
    f: 'Zg==',
    fo: 'Zm8=',
    foo: 'Zm9v',
    foob: 'Zm9vYg==',
    fooba: 'Zm9vYmE=',
    foobar: 'Zm9vYmFy',
  };
  for (const [clear, text] of Object.entries(vectors)) {
    assert.equal(base64Encode(utf8Encode(clear)), text);
    assert.deepEqual(base64Decode(text), utf8Encode(clear));
    assert.deepEqual(base64Decode(utf8Encode(text)), utf8Encode(clear));
  }
  const every = Uint8Array.from({ length: 256 }, (_, index) => index);
  assert.equal(base64Encode(every), Buffer.from(every).toString('base64'));
  assert.equal(hexEncode(base64Decode(base64Encode(every))), hexEncode(every));
});

test('base64 that is not the one spelling of its bytes is refused (RFC 4648 sections 3.3 and 3.5)', () => {
  const wrong = [
    'Z',
    'Zg',
    'Zg=',
    'Zh==',
    'Zm9=',
    '====',
    '=Zg=',
    'Z===',
    'Zg==Zg==',
    'Zm 9',
    'Zm9\n',
    'Zm-_',
    'Zm9\u0176',
  ];
  for (const text of wrong) assert.throws(() => base64Decode(text), DecodeError, text);
  assert.throws(() => base64Decode(Uint8Array.of(0x5a, 0x6d, 0x39, 0xf6)), DecodeError);
});
