import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { utf8Decode, utf8DecodeReversibly, utf8Encode, utf8EncodeReversibly } from './utf8.ts';

test('the reversible pair gives back any bytes, and reads well-formed text like the other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: 'binary' }), (bytes, text) => {
      assert.deepEqual(utf8EncodeReversibly(utf8DecodeReversibly(bytes)), bytes);
      assert.equal(utf8DecodeReversibly(utf8Encode(text)), utf8Decode(utf8Encode(text)));
    }),
    { numRuns: 2000, seed: 20251121 },
  );
});

test('malformed bytes stay apart where they are kept, and become U+FFFD where not (RFC 3629 section 3)', () => {
  assert.equal(utf8DecodeReversibly(Uint8Array.of(0x61, 0xff)), 'a\udcff');
  assert.notEqual(utf8DecodeReversibly(Uint8Array.of(0xfe)), utf8DecodeReversibly(Uint8Array.of(0xff)));
  assert.equal(utf8Decode(Uint8Array.of(0x61, 0xff)), 'a\ufffd');
});

test('what was decoded reversibly is the same after it travelled as JSON', () => {
  const text = utf8DecodeReversibly(Uint8Array.of(0x61, 0xe9, 0xff));
  assert.equal(JSON.parse(JSON.stringify(text)), text);
});
