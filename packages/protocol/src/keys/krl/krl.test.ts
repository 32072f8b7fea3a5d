import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { certificateSamples } from '@sallyport/testing/certificate-samples';
import { keySamples } from '@sallyport/testing/key-samples';
import fc from 'fast-check';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { isCertificate } from '../certificate.ts';
import { parseAnyPublicLine, parsePublicLine } from '../formats/public-line.ts';
import { ByteStrings } from './byte-strings.ts';
import { decodeKrl } from './decode-krl.ts';
import { encodeKrl } from './encode-krl.ts';
import { decodeRevocationList } from './revocation-list.ts';
import { Revocations } from './revocations.ts';
import { SerialNumbers } from './serial-numbers.ts';

const crypto = createCryptoProvider();
const runs = { numRuns: 300, seed: 20251121 };
const keys = keySamples.map(({ publicLine }) => parsePublicLine(publicLine).key);
const certificates = certificateSamples.map(({ line }) => parseAnyPublicLine(line).key).filter(isCertificate);
const [ed25519, ecdsa256, ecdsa384, ecdsa521, rsa] = keys;
assert.ok(ed25519 && ecdsa256 && ecdsa384 && ecdsa521 && rsa);
const header = { version: 7n, generated: 1_700_000_000n, comment: 'a comment' };

function krlOf(fill: (list: Revocations) => void): Uint8Array {
  const list = new Revocations();
  fill(list);
  return encodeKrl(list, header);
}

const emptyKrl = krlOf(() => undefined);

function withSection(type: number, contents: Uint8Array): Uint8Array {
  return new Writer().raw(emptyKrl).byte(type).string(contents).bytes();
}

function withSubsection(type: number, contents: Uint8Array): Uint8Array {
  return withSection(1, new Writer().string('').string('').byte(type).string(contents).bytes());
}

const fullKrl = krlOf((list) => {
  for (const serial of [1n, 2n, 3n, 5n, 7n, 100n, 2n ** 63n, 2n ** 64n - 1n]) {
    list.certificatesOf(ed25519).serials.add(serial);
  }
  list.certificatesOf(undefined).serials.add(1000n, 2n ** 40n);
  list.certificatesOf(rsa).keyIds.append(utf8Encode('rsa'));
  list.revoke(ecdsa256);
  list.sha1s.append(crypto.digest('sha1', ecdsa384.blob));
  list.sha256s.append(crypto.digest('sha256', ecdsa521.blob));
});

test('a list says of each key and certificate whether it is revoked (PROTOCOL.krl)', () => {
  const list = decodeKrl(fullKrl);
  assert.deepEqual(
    keys.map((key) => list.revokes(crypto, key)),
    [false, true, true, true, false],
  );
  const revoked = certificateSamples.filter((_, index) => {
    const certificate = certificates[index];
    return certificate !== undefined && list.revokes(crypto, certificate);
  });
  assert.deepEqual(
    revoked.map(({ name }) => name),
    ['user-ed25519', 'user-ecdsa256', 'user-ecdsa384', 'host-ecdsa521', 'user-rsa512', 'user-rsa256', 'user-rsasha1'],
  );
  assert.deepEqual(list.header, header);
});

test('a certificate falls with its authority, with its plain key, with its number and with its id', () => {
  const [certificate] = certificates;
  assert.ok(certificate);
  const revokes = (fill: (list: Revocations) => void): boolean => decodeKrl(krlOf(fill)).revokes(crypto, certificate);
  assert.equal(
    revokes(() => undefined),
    false,
  );
  assert.equal(
    revokes((list) => list.revoke(certificate.key)),
    true,
  );
  assert.equal(
    revokes((list) => list.revoke(certificate)),
    true,
  );
  assert.equal(
    revokes((list) => list.certificatesOf(rsa).serials.add(7n)),
    false,
    'the number of another authority',
  );
  assert.equal(
    revokes((list) => list.certificatesOf(undefined).serials.add(6n, 8n)),
    true,
  );
  assert.equal(
    revokes((list) => list.certificatesOf(certificate.authority).serials.add(8n)),
    false,
  );
  assert.equal(
    revokes((list) => list.certificatesOf(undefined).keyIds.append(utf8Encode('sample user'))),
    true,
  );
  assert.equal(
    revokes((list) => list.certificatesOf(undefined).keyIds.append(utf8Encode('sample use'))),
    false,
  );
});

test('a certificate without a number is revoked by its id', () => {
  const numberless = certificates.find(({ serial }) => serial === 0n);
  assert.ok(numberless);
  const list = decodeKrl(krlOf((made) => made.revoke(numberless)));
  assert.equal(list.revokes(crypto, numberless), true);
  assert.deepEqual(
    Array.from(list.certificates, ({ serials }) => [...serials.ranges()]),
    [[]],
  );
});

test('every truncation of a list is an error, every changed byte an error or another list', () => {
  for (let length = 0; length < fullKrl.length; length++) {
    const cut = fullKrl.slice(0, length);
    if (isWholeSections(length)) assert.ok(decodeKrl(cut));
    else assert.throws(() => decodeKrl(cut), DecodeError, `${length} bytes`);
  }
  for (let at = 0; at < fullKrl.length; at++) {
    for (const bit of [1, 0x80]) {
      const changed = fullKrl.slice();
      changed[at] = (changed[at] as number) ^ bit;
      try {
        const list = decodeKrl(changed);
        for (const key of [...keys, ...certificates]) list.revokes(crypto, key);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
      }
    }
  }
});

/** The format has no end mark: a list may be cut between two sections without anybody seeing it. */
function isWholeSections(length: number): boolean {
  const view = new DataView(fullKrl.buffer, fullKrl.byteOffset, fullKrl.length);
  let end = emptyKrl.length;
  while (end < length) end += 5 + view.getUint32(end + 1);
  return end === length;
}

test('sections that are unknown, signed, critical or not read to their end refuse the list', () => {
  const extension = (critical: number): Uint8Array => new Writer().string('x').byte(critical).string('y').bytes();
  assert.ok(decodeKrl(withSection(255, extension(0))));
  assert.ok(decodeKrl(withSubsection(0x39, extension(0))));
  const bad = [
    withSection(255, extension(1)),
    withSubsection(0x39, extension(1)),
    withSection(255, Uint8Array.from([...extension(0), 0])),
    withSection(4, new Uint8Array(0)),
    withSection(9, new Uint8Array(0)),
    withSubsection(0x24, new Uint8Array(0)),
    withSection(3, new Writer().string(new Uint8Array(21)).bytes()),
    withSection(5, new Writer().string(new Uint8Array(20)).bytes()),
    withSection(2, Uint8Array.of(0, 0, 0, 9, 1)),
    withSection(
      1,
      new Writer()
        .string(certificates[0]?.blob ?? '')
        .string('')
        .bytes(),
    ),
  ];
  for (const file of bad) assert.throws(() => decodeKrl(file), DecodeError);
});

test('serial numbers: 0, ranges that run backwards and bitmaps beyond the limits refuse the list', () => {
  const range = (low: bigint, high: bigint): Uint8Array => new Writer().uint64(low).uint64(high).bytes();
  const bitmap = (offset: bigint, bytes: Uint8Array): Uint8Array => new Writer().uint64(offset).mpint(bytes).bytes();
  const ones = (length: number): Uint8Array => new Uint8Array(length).fill(0xff);
  const full = decodeKrl(withSubsection(0x22, bitmap(1n, ones(2048))));
  assert.deepEqual(
    Array.from(full.certificates, ({ serials }) => [...serials.ranges()]),
    [[{ low: 1n, high: 16384n }]],
  );
  const bad = [
    withSubsection(0x20, new Writer().uint64(0n).bytes()),
    withSubsection(0x20, new Uint8Array(7)),
    withSubsection(0x21, range(0n, 5n)),
    withSubsection(0x21, range(6n, 5n)),
    withSubsection(0x22, bitmap(0n, Uint8Array.of(1))),
    withSubsection(0x22, bitmap(2n ** 64n - 2n, Uint8Array.of(4))),
    withSubsection(0x22, bitmap(1n, ones(2049))),
    withSubsection(0x22, new Writer().uint64(1n).uint32(0xffffffff).bytes()),
  ];
  for (const file of bad) assert.throws(() => decodeKrl(file), DecodeError);
});

const serial = fc.oneof(fc.bigInt({ min: 1n, max: 300n }), fc.bigInt({ min: 1n, max: 2n ** 64n - 200n }));
const spans = fc.array(fc.tuple(serial, fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 120n }))), {
  maxLength: 60,
});

test('serial numbers in any order are the same set after writing and reading', () => {
  fc.assert(
    fc.property(spans, serial, (added, probe) => {
      const numbers = new SerialNumbers();
      for (const [low, length] of added) numbers.add(low, low + length);
      const file = krlOf((list) => {
        for (const { low, high } of numbers.ranges()) list.certificatesOf(undefined).serials.add(low, high);
      });
      const [read] = decodeKrl(file).certificates;
      const expected = [...numbers.ranges()];
      assert.deepEqual([...(read?.serials.ranges() ?? [])], expected);
      const probes = [probe, ...added.flatMap(([low, length]) => [low - 1n, low, low + length, low + length + 1n])];
      for (const value of probes) {
        const isIn = added.some(([low, length]) => value >= low && value <= low + length);
        assert.equal(numbers.has(value), isIn, String(value));
        assert.equal(read?.serials.has(value) ?? false, isIn, String(value));
      }
      for (const [index, { low }] of expected.entries()) {
        assert.ok(index === 0 || low > (expected[index - 1]?.high ?? 0n) + 1n);
      }
    }),
    runs,
  );
});

test('close serial numbers take few bytes', () => {
  const even = krlOf((list) => {
    for (let number = 2n; number <= 20_000n; number += 2n) list.certificatesOf(undefined).serials.add(number);
  });
  assert.ok(even.length < emptyKrl.length + 20_000 / 8 + 100, `${even.length} bytes`);
  const range = krlOf((list) => list.certificatesOf(undefined).serials.add(5n, 2n ** 50n));
  assert.ok(range.length < emptyKrl.length + 60);
});

test('byte strings are found in whatever order they were added, and come out sorted and once', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 3 }), { maxLength: 40 }),
      fc.uint8Array({ maxLength: 3 }),
      (all, one) => {
        const strings = new ByteStrings();
        for (const entry of all) strings.append(entry);
        const expected = [...new Set(all.map((entry) => Buffer.from(entry).toString('hex')))].sort();
        assert.deepEqual(
          Array.from(strings, (entry) => Buffer.from(entry).toString('hex')),
          expected,
        );
        for (const entry of all) assert.equal(strings.has(entry), true);
        assert.equal(strings.has(one), expected.includes(Buffer.from(one).toString('hex')));
      },
    ),
    runs,
  );
});

test('a list goes on from a list that was read', () => {
  const list = decodeKrl(fullKrl);
  assert.deepEqual(encodeKrl(list, header), fullKrl);
  list.revoke(ed25519);
  list.certificatesOf(rsa).keyIds.append(utf8Encode('another'));
  const more = decodeKrl(encodeKrl(list, header));
  assert.equal(more.revokes(crypto, ed25519), true);
  assert.equal(more.revokes(crypto, ecdsa256), true);
  assert.equal(more.sha256s.size, 1);
});

test('a text list revokes its keys, certificates of them and by them; an empty or damaged one is an error', () => {
  const [line = '', other = ''] = keySamples.map(({ publicLine }) => publicLine);
  const list = decodeRevocationList(utf8Encode(`# comment\n\n  ${line}\n`));
  assert.equal(list.revokes(crypto, ed25519), true);
  assert.equal(list.revokes(crypto, ecdsa256), false);
  const [byKey] = certificates;
  assert.ok(byKey);
  assert.equal(list.revokes(crypto, byKey), true);
  const ofCertificate = decodeRevocationList(utf8Encode(`${certificateSamples[0]?.line}\n`));
  assert.equal(ofCertificate.revokes(crypto, ed25519), true);
  for (const text of [
    '',
    '\n \n',
    `${line}\njunk\n`,
    `${line}\n${other.slice(0, 60)}`,
    'SSHKRL',
    '-----BEGIN X-----\n',
  ]) {
    assert.throws(() => decodeRevocationList(utf8Encode(text)), DecodeError, text);
  }
  assert.equal(decodeRevocationList(emptyKrl).revokes(crypto, ed25519), false);
  assert.throws(() => decodeRevocationList(emptyKrl.slice(0, 20)), DecodeError);
});
