import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError } from './decode-error.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

test('Reader gives back what Writer wrote, in order (RFC 4251 section 5)', () => {
  const bytes = new Writer()
    .byte(7)
    .boolean(true)
    .uint32(0xfffffffe)
    .uint64(2n ** 63n)
    .string('é')
    .nameList(['a', 'b'])
    .mpint(0x80n)
    .bytes();
  const reader = new Reader(bytes);
  assert.equal(reader.byte(), 7);
  assert.equal(reader.boolean(), true);
  assert.equal(reader.uint32(), 0xfffffffe);
  assert.equal(reader.uint64(), 2n ** 63n);
  assert.equal(reader.text(), 'é');
  assert.deepEqual(reader.nameList(), ['a', 'b']);
  assert.equal(reader.mpint(), 0x80n);
  reader.end();
});

test('Reader refuses a length that is larger than the message before it allocates', () => {
  const bytes = new Uint8Array([0xff, 0xff, 0xff, 0xff, 1]);
  assert.throws(() => new Reader(bytes).string(), DecodeError);
});
