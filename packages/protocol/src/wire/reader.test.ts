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

test('Writer hands over what it wrote, with a length that was filled in later, and begins anew', () => {
  const writer = new Writer(2).uint32(0).raw(new Uint8Array([7, 8]));
  writer.setUint32(0, 2);
  assert.deepEqual(writer.release(), new Uint8Array([0, 0, 0, 2, 7, 8]));
  assert.equal(writer.length, 0);
  assert.throws(() => writer.setUint32(0, 1), /was written/);
  assert.deepEqual(writer.byte(1).release(), new Uint8Array([1]));
});
