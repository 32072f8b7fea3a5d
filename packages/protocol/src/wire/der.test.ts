import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DecodeError } from './decode-error.ts';
import { DerReader, derBitString, derElement, derInteger, derTags } from './der.ts';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));

test('integers and lengths have one form each (X.690 sections 8.3 and 10.1)', () => {
  assert.deepEqual(derInteger(hex('')), hex('02 01 00'));
  assert.deepEqual(derInteger(hex('00 7f')), hex('02 01 7f'));
  assert.deepEqual(derInteger(hex('80')), hex('02 02 00 80'));
  assert.deepEqual(derElement(derTags.octetString, new Uint8Array(127)).subarray(0, 2), hex('04 7f'));
  assert.deepEqual(derElement(derTags.octetString, new Uint8Array(128)).subarray(0, 3), hex('04 81 80'));
  assert.deepEqual(derElement(derTags.octetString, new Uint8Array(70_000)).subarray(0, 5), hex('04 83 01 11 70'));
  assert.deepEqual(derBitString(hex('ab')), hex('03 02 00 ab'));
  assert.deepEqual(new DerReader(hex('02 02 00 80')).integer(), hex('80'));
  assert.deepEqual(new DerReader(hex('02 01 00')).integer(), hex(''));
  assert.equal(new DerReader(hex('02 03 01 00 00')).smallInteger(), 65_536);
});

test('what is not DER is refused: indefinite, long, cut off, negative, padded', () => {
  const reads: readonly (readonly [string, (reader: DerReader) => unknown])[] = [
    ['30 80 00 00', (reader) => reader.sequence()],
    ['30 85 01 00 00 00 00', (reader) => reader.sequence()],
    ['30 81 7f', (reader) => reader.sequence()],
    ['30 82 00 80', (reader) => reader.sequence()],
    ['30 84 ff ff ff ff', (reader) => reader.sequence()],
    ['30 02 00', (reader) => reader.sequence()],
    ['30', (reader) => reader.sequence()],
    ['', (reader) => reader.sequence()],
    ['02 01 80', (reader) => reader.integer()],
    ['02 00', (reader) => reader.integer()],
    ['02 02 00 7f', (reader) => reader.integer()],
    ['02 05 01 00 00 00 00', (reader) => reader.smallInteger()],
    ['03 02 01 fe', (reader) => reader.bitString()],
    ['03 00', (reader) => reader.bitString()],
    ['04 00', (reader) => reader.integer()],
    ['05 00', (reader) => reader.end()],
  ];
  for (const [text, read] of reads) assert.throws(() => read(new DerReader(hex(text))), DecodeError, text);
});
