import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { dsaSample } from '@sallyport/testing/dsa-sample';
import { keySamples, samplePassphrase } from '@sallyport/testing/key-samples';
import { mldsa44Ed25519Sample } from '@sallyport/testing/mldsa44-ed25519-sample';
import fc from 'fast-check';
import { base64Decode, base64Encode } from '../../wire/base64.ts';
import { concatBytes, equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { PrivateKey } from '../private-key.ts';
import { privateKeyCiphers } from './openssh-key-seal.ts';
import { encodeOpensshKeyV1 } from './openssh-key-v1.ts';
import { decodePrivateKeyFile, maximumPrivateKeyFileBytes } from './private-key-file.ts';
import { formatPublicLine, parsePublicLine } from './public-line.ts';

const crypto = createCryptoProvider();
/** Of every type that can stand in such a file without a token. */
const samples = [...keySamples, dsaSample, mldsa44Ed25519Sample];
const passphrase = utf8Encode(samplePassphrase);
const begin = '-----BEGIN OPENSSH PRIVATE KEY-----\n';
const end = '\n-----END OPENSSH PRIVATE KEY-----\n';

const armored = (packed: Uint8Array): Uint8Array => utf8Encode(`${begin}${base64Encode(packed)}${end}`);
const unarmored = (file: string): Uint8Array => base64Decode(file.replaceAll(/-----.*-----|\n/g, ''));
const open = (file: Uint8Array): PrivateKey | undefined => decodePrivateKeyFile(file).open(crypto, passphrase);

test('openssh-key-v1 files of the stock ssh-keygen open, plain and with their passphrase (PROTOCOL.key)', () => {
  for (const sample of samples) {
    for (const [file, encrypted] of [
      [sample.privateFile, false],
      [sample.encryptedFile, true],
    ] as const) {
      const sealed = decodePrivateKeyFile(utf8Encode(file));
      assert.equal(sealed.encrypted, encrypted);
      assert.ok(sealed.publicKey);
      const key = sealed.open(crypto, passphrase);
      assert.ok(key);
      assert.equal(formatPublicLine(key.publicKey, key.comment), sample.publicLine);
      assert.equal(formatPublicLine(sealed.publicKey, key.comment), sample.publicLine);
    }
  }
});

test('a wrong or empty passphrase opens nothing', () => {
  const sealed = decodePrivateKeyFile(utf8Encode(keySamples[0]?.encryptedFile ?? ''));
  assert.equal(sealed.open(crypto, utf8Encode('open sesamf')), undefined);
  assert.equal(sealed.open(crypto, new Uint8Array(0)), undefined);
  assert.ok(sealed.open(crypto, passphrase));
});

test('what is written opens again, with every cipher and any comment', () => {
  for (const sample of samples) {
    const key = open(utf8Encode(sample.privateFile));
    assert.ok(key);
    const plain = encodeOpensshKeyV1(crypto, key, { comment: 'é other' });
    const again = open(utf8Encode(plain));
    assert.equal(again?.comment, 'é other');
    assert.deepEqual(again.publicKey, key.publicKey);
    for (const { name: cipher } of privateKeyCiphers) {
      const text = encodeOpensshKeyV1(crypto, key, { passphrase, cipher, rounds: 1 });
      const sealed = decodePrivateKeyFile(utf8Encode(text));
      assert.equal(sealed.encrypted, true);
      assert.deepEqual(sealed.open(crypto, passphrase)?.publicKey, key.publicKey);
      assert.ok(text.split('\n').every((line) => line.length <= 70));
    }
  }
});

test('a plain file is written as the stock program writes it, but for its random check number', () => {
  for (const sample of samples) {
    const key = open(utf8Encode(sample.privateFile));
    assert.ok(key);
    const expected = unarmored(sample.privateFile);
    const written = unarmored(encodeOpensshKeyV1(crypto, key));
    const checkAt = written.length - checkDistance(key);
    for (const bytes of [expected, written]) bytes.fill(0, checkAt, checkAt + 8);
    assert.deepEqual(written, expected);
    assert.equal(encodeOpensshKeyV1(crypto, key).length, sample.privateFile.length);
  }
});

function checkDistance(key: PrivateKey): number {
  const writer = new Writer().uint32(0).uint32(0);
  key.writeTo(writer);
  writer.string(key.comment);
  return Math.ceil(writer.length / 8) * 8;
}

test('any comment survives writing and reading', () => {
  const key = open(utf8Encode(keySamples[0]?.privateFile ?? ''));
  assert.ok(key);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (comment) => {
      assert.equal(open(utf8Encode(encodeOpensshKeyV1(crypto, key, { comment })))?.comment, comment);
    }),
    { numRuns: 30 },
  );
});

test('CRLF line ends, blanks and a missing final newline are read; a BOM and leading junk are not', () => {
  const file = keySamples[0]?.privateFile ?? '';
  for (const text of [file.replaceAll('\n', '\r\n'), file.trimEnd(), file.replace('\n', ' \n\t'), `${file}junk`]) {
    assert.ok(open(utf8Encode(text)));
  }
  for (const text of [`\uFEFF${file}`, `junk\n${file}`, ` ${file}`, file.replace('OPENSSH', 'RSA'), '']) {
    assert.throws(() => open(utf8Encode(text)), DecodeError);
  }
});

test('a file above the size limit is refused before it is decoded', () => {
  const file = utf8Encode(keySamples[0]?.privateFile ?? '');
  const fits = new Uint8Array(maximumPrivateKeyFileBytes).fill(0x20);
  fits.set(file);
  assert.ok(open(fits));
  assert.throws(() => open(concatBytes(fits, new Uint8Array(1))), DecodeError);
});

test('every truncation of a private key file is a DecodeError', () => {
  for (const sample of samples) {
    const file = utf8Encode(sample.privateFile);
    for (let length = 0; length < file.length - 1; length += 3) {
      assert.throws(() => open(file.subarray(0, length)), DecodeError);
    }
    const packed = unarmored(sample.privateFile);
    for (let length = 0; length < packed.length; length++) {
      assert.throws(() => open(armored(packed.subarray(0, length))), DecodeError);
    }
    assert.throws(() => open(armored(concatBytes(packed, new Uint8Array(1)))), DecodeError);
  }
});

test('every single-byte change of a private key is a DecodeError or the same key under another comment', () => {
  for (const sample of samples) {
    const packed = unarmored(sample.privateFile);
    const original = open(utf8Encode(sample.privateFile));
    assert.ok(original);
    for (let at = 0; at < packed.length; at++) {
      const changed = packed.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      try {
        const key = open(armored(changed));
        assert.ok(key, 'a plain file asks for no passphrase');
        assert.ok(equalBytes(key.publicKey.blob, original.publicKey.blob), `${sample.name} byte ${at}`);
        assert.notEqual(key.comment, original.comment, `${sample.name} byte ${at}`);
      } catch (error) {
        assert.ok(error instanceof DecodeError, `${sample.name} byte ${at}: ${String(error)}`);
      }
    }
  }
});

test('every single-byte change of an encrypted private key is refused or leaves its numbers', () => {
  // One byte is left out: it would ask for 65537 rounds, which is allowed and slow.
  const sample = keySamples[0];
  assert.ok(sample);
  const packed = unarmored(sample.encryptedFile);
  const secondRoundsByte = 64;
  for (let at = 0; at < packed.length; at++) {
    if (at === secondRoundsByte) continue;
    const changed = packed.slice();
    changed[at] = (changed[at] as number) ^ 0x01;
    try {
      const key = open(armored(changed));
      if (key !== undefined) assert.equal(key.publicKey.type, 'ssh-ed25519');
      if (key !== undefined) assert.notEqual(key.comment, '');
    } catch (error) {
      assert.ok(error instanceof DecodeError, `byte ${at}: ${String(error)}`);
    }
  }
});

interface Container {
  readonly cipher?: string;
  readonly kdf?: string;
  readonly options?: Uint8Array;
  readonly count?: number;
  readonly sealed?: Uint8Array;
}

function containerOf({
  cipher = 'none',
  kdf = 'none',
  options = new Uint8Array(),
  count = 1,
  sealed,
}: Container): Uint8Array {
  const { key } = parsePublicLine(keySamples[0]?.publicLine ?? '');
  const writer = new Writer()
    .raw(utf8Encode('openssh-key-v1\0'))
    .string(cipher)
    .string(kdf)
    .string(options)
    .uint32(count);
  return armored(
    writer
      .string(key.blob)
      .string(sealed ?? new Uint8Array(64))
      .bytes(),
  );
}

test('rounds, salt, key count, ciphers and sizes out of bounds are refused before any work', () => {
  const bcrypt = (saltBytes: number, rounds: number): Uint8Array =>
    new Writer().string(new Uint8Array(saltBytes)).uint32(rounds).bytes();
  const encrypted = { cipher: 'aes256-ctr', kdf: 'bcrypt' };
  assert.ok(decodePrivateKeyFile(containerOf({ ...encrypted, options: bcrypt(16, 1) })));
  const refused: readonly Container[] = [
    { ...encrypted, options: bcrypt(16, 0) },
    { ...encrypted, options: bcrypt(16, 0xffffffff) },
    { ...encrypted, options: bcrypt(0, 16) },
    { ...encrypted, options: bcrypt(1 << 17, 16) },
    { ...encrypted, options: bcrypt(16, 16), sealed: new Uint8Array(63) },
    { ...encrypted, options: bcrypt(16, 16), sealed: new Uint8Array(0) },
    { ...encrypted, options: new Uint8Array() },
    { ...encrypted, kdf: 'none' },
    { ...encrypted, cipher: 'none', options: bcrypt(16, 16) },
    { ...encrypted, cipher: 'aes256-xts', options: bcrypt(16, 16) },
    { options: bcrypt(16, 16) },
    { count: 0 },
    { count: 2 },
    { count: 0xffffffff },
    { sealed: new Uint8Array(60) },
    { sealed: new Uint8Array(0) },
  ];
  for (const fields of refused) assert.throws(() => decodePrivateKeyFile(containerOf(fields)), DecodeError);
});

test('a private section with unequal check numbers, another key, or other padding is refused', () => {
  const [sample, other] = [keySamples[0], keySamples[1]];
  const [own, foreign] = [open(utf8Encode(sample?.privateFile ?? '')), open(utf8Encode(other?.privateFile ?? ''))];
  assert.ok(own && foreign);
  const section = (key: PrivateKey, checks: readonly [number, number], padding: readonly number[]): Uint8Array => {
    const writer = new Writer().uint32(checks[0]).uint32(checks[1]);
    key.writeTo(writer);
    return containerOf({ sealed: writer.string('x').raw(Uint8Array.from(padding)).bytes() });
  };
  const padding = [1, 2, 3, 4];
  assert.ok(open(section(own, [7, 7], padding)));
  assert.throws(() => open(section(own, [7, 8], padding)), DecodeError);
  assert.throws(() => open(section(own, [7, 7], [1, 2, 3, 5])), DecodeError);
  assert.throws(() => open(section(own, [7, 7], [0, 0, 0, 0])), DecodeError);
  assert.throws(() => open(section(foreign, [7, 7], padding)), DecodeError);
});

test("an Ed25519 public half that is not the seed's, and an ECDSA point of another scalar are refused", () => {
  const ed25519 = crypto.generateKey('ed25519');
  const ecdsa = crypto.generateKey('ecdsa');
  assert.ok(ed25519.kind === 'ed25519' && ecdsa.kind === 'ecdsa');
  const strange = [
    new PrivateKey({ ...ed25519, seed: new Uint8Array(32).fill(7) }),
    new PrivateKey({ ...ecdsa, scalar: new Uint8Array(32).fill(7) }),
  ];
  for (const key of strange) {
    assert.equal(key.isConsistent(crypto), false);
    assert.throws(() => open(utf8Encode(encodeOpensshKeyV1(crypto, key))), DecodeError);
  }
});

test('RSA numbers that do not belong together are refused', () => {
  const rsa = crypto.generateKey('rsa', { bits: 1024 });
  assert.ok(rsa.kind === 'rsa');
  for (const name of ['d', 'p', 'q', 'iqmp'] as const) {
    const changed = rsa[name].slice();
    changed[changed.length - 2] = (changed.at(-2) as number) ^ 1;
    const text = encodeOpensshKeyV1(crypto, new PrivateKey({ ...rsa, [name]: changed }));
    assert.throws(() => open(utf8Encode(text)), DecodeError, name);
  }
});

test('rounds out of bounds are not written', () => {
  const key = open(utf8Encode(keySamples[0]?.privateFile ?? ''));
  assert.ok(key);
  for (const rounds of [0, -1, Number.NaN, 2 ** 32]) {
    assert.throws(() => encodeOpensshKeyV1(crypto, key, { passphrase, rounds }), RangeError);
  }
});
