import assert from 'node:assert/strict';
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { keySamples } from '@sallyport/testing/key-samples';
import { samplePrivateKey } from '@sallyport/testing/sample-private-key';
import { equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { PrivateKey } from '../private-key.ts';
import { armorLabel, decodeArmor, encodeArmor, rfc4716Style } from './armor.ts';
import { hasAsn1Form, readEcPrivate, readPkcs8, readPublicInfo, writePublicInfo } from './asn1-keys.ts';
import { addPadding, removePadding } from './block-padding.ts';
import { openLegacy, readLegacySeal } from './legacy-pem.ts';
import { openPkcs8, readSealedPkcs8 } from './pbes2.ts';
import { encodePem, pemFormats } from './pem-private.ts';
import { decodePrivateKeyFile } from './private-key-file.ts';
import { ssh2PrivateKey } from './ssh2-private.ts';

const crypto = createCryptoProvider();
const passphrase = utf8Encode('correct');
const wrong = utf8Encode('wrong');
const nothing = new Uint8Array(0);
const isBun = process.versions['bun'] !== undefined;

function open(text: string, secret: Uint8Array = nothing): PrivateKey | undefined {
  return decodePrivateKeyFile(utf8Encode(text)).open(crypto, secret);
}

/** The key as the runtime's own crypto library has it. */
function platformKey(name: string): KeyObject {
  const text = encodePem(crypto, samplePrivateKey(crypto, name), { variant: 'PKCS8' });
  return createPrivateKey(text ?? '');
}

test('what the crypto library writes is read: PKCS#1, SEC1 and PKCS#8, in clear and encrypted', () => {
  for (const { name } of keySamples) {
    const key = samplePrivateKey(crypto, name);
    const platform = platformKey(name);
    const old = name.startsWith('rsa') ? 'pkcs1' : 'sec1';
    for (const type of name === 'ed25519' ? (['pkcs8'] as const) : (['pkcs8', old] as const)) {
      const clear = String(platform.export({ type, format: 'pem' } as never));
      assert.deepEqual(open(clear)?.publicKey.blob, key.publicKey.blob, `${name} ${type}`);
      const ciphers = ['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc', 'des-ede3-cbc'];
      for (const cipher of isBun && type !== 'pkcs8' ? [] : ciphers) {
        const options = { type, format: 'pem', cipher, passphrase: 'correct' };
        const sealed = String(platform.export(options as never));
        assert.deepEqual(open(sealed, passphrase)?.publicKey.blob, key.publicKey.blob, `${name} ${type} ${cipher}`);
        assert.equal(open(sealed, wrong), undefined);
      }
    }
  }
});

test('what is written is read by the crypto library and by ourselves, and wrong passphrases are told', () => {
  for (const { name } of keySamples) {
    const key = samplePrivateKey(crypto, name);
    for (const variant of ['PEM', 'PKCS8'] as const) {
      for (const secret of [nothing, passphrase]) {
        const text = encodePem(crypto, key, { variant, passphrase: secret });
        if (name === 'ed25519' && variant === 'PEM') {
          assert.equal(text, undefined);
          continue;
        }
        assert.ok(text !== undefined);
        assert.deepEqual(open(text, secret)?.publicKey.blob, key.publicKey.blob, `${name} ${variant}`);
        assert.equal(decodePrivateKeyFile(utf8Encode(text)).encrypted, secret.length > 0);
        const input = secret.length === 0 ? text : { key: text, passphrase: 'correct' };
        const platform = createPrivateKey(input);
        assert.equal(
          platform.export({ type: 'pkcs8', format: 'pem' }),
          platformKey(name).export({ type: 'pkcs8', format: 'pem' }),
        );
        if (secret.length > 0) assert.equal(open(text, wrong), undefined);
      }
    }
  }
});

test('an EC key without its point and an Ed25519 seed get their public half (RFC 5915, RFC 8410 section 7)', () => {
  const example = 'MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC';
  const key = readPkcs8(crypto, Uint8Array.from(Buffer.from(example, 'base64')));
  assert.equal(key.kind, 'ed25519');
  const expected = '19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1';
  assert.equal(Buffer.from(key.kind === 'ed25519' ? key.publicKey : nothing).toString('hex'), expected);
  const curve = keySamples.find(({ name }) => name === 'ecdsa256');
  const whole = decodeArmor(
    utf8Encode(encodePem(crypto, samplePrivateKey(crypto, curve?.name ?? ''), { variant: 'PEM' }) ?? ''),
  );
  const shortened = whole.data.slice(0, whole.data.length - 70);
  shortened[1] = shortened.length - 2;
  const pointless = encodeArmor({ label: 'EC PRIVATE KEY', data: shortened });
  assert.deepEqual(open(pointless)?.publicKey.blob, samplePrivateKey(crypto, 'ecdsa256').publicKey.blob);
});

test('public halves are written and read as SubjectPublicKeyInfo (RFC 5280 section 4.1)', () => {
  for (const { name } of keySamples) {
    const { parts } = samplePrivateKey(crypto, name).publicKey;
    assert.ok(hasAsn1Form(parts));
    assert.deepEqual(readPublicInfo(writePublicInfo(parts)), parts);
  }
});

test('lines may end as any system has them', () => {
  const text = encodePem(crypto, samplePrivateKey(crypto, 'ecdsa256'), { variant: 'PEM', passphrase }) ?? '';
  for (const end of ['\r\n', '\r', ' \n']) {
    const key = open(text.replaceAll('\n', end), passphrase);
    assert.deepEqual(key?.publicKey.blob, samplePrivateKey(crypto, 'ecdsa256').publicKey.blob);
  }
});

test('headers are read with their continuations, and too many, too long or misleading ones are refused', () => {
  const armor = (headers: string): Uint8Array => utf8Encode(`-----BEGIN X-----\n${headers}\nAAAA\n-----END X-----\n`);
  const { headers, data } = decodeArmor(armor('Comment: a\\\nb\nOther: 2\n'));
  assert.deepEqual(
    [...headers],
    [
      ['comment', 'ab'],
      ['other', '2'],
    ],
  );
  assert.deepEqual(data, new Uint8Array(3));
  assert.throws(() => decodeArmor(armor('A: b\n'.repeat(17))), DecodeError);
  assert.throws(() => decodeArmor(armor(`A: ${'b'.repeat(2000)}\n`)), DecodeError);
  assert.throws(() => decodeArmor(armor(`A: b\\\n${'c\\\n'.repeat(2000)}`)), DecodeError);
  for (const cut of ['-----BEGIN X-----', '-----BEGIN X-----\nAAAA', 'AAAA', '']) {
    assert.throws(() => decodeArmor(utf8Encode(cut)), DecodeError);
  }
  assert.equal(armorLabel(utf8Encode('---- BEGIN SSH2 PUBLIC KEY ----\n'), rfc4716Style), 'SSH2 PUBLIC KEY');
  const pairs = [
    ['Proc-Type: 4,ENCRYPTED\n'],
    ['DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n'],
    ['Proc-Type: 4,ENCRYPTED\nDEK-Info: ROT13,00\n'],
    ['Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011\n'],
    ['Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,zz\n'],
  ];
  for (const [text = ''] of pairs)
    assert.throws(() => readLegacySeal(decodeArmor(armor(text)).headers), DecodeError, text);
  const seal = readLegacySeal(
    decodeArmor(armor('Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n')).headers,
  );
  assert.ok(seal !== undefined);
  assert.throws(() => openLegacy(crypto, seal, { passphrase, data: new Uint8Array(15) }), DecodeError);
});

test('a scalar of EC may be shorter than its field or have one zero before it, and is never longer', () => {
  const key = crypto.generateKey('ecdsa');
  assert.ok(key.kind === 'ecdsa');
  const named = Uint8Array.of(0xa0, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7);
  const read = (...digits: number[]): Uint8Array => {
    const fields = Uint8Array.of(2, 1, 1, 4, digits.length, ...digits, ...named);
    return readEcPrivate(crypto, Uint8Array.of(0x30, fields.length, ...fields)).scalar;
  };
  assert.deepEqual(read(...key.scalar), key.scalar);
  assert.deepEqual(read(0, ...key.scalar), key.scalar);
  assert.deepEqual(read(7), new Uint8Array(32).with(31, 7));
  for (const before of [[1], [0, 0]]) assert.throws(() => read(...before, ...key.scalar), DecodeError);
});

test('padding is the number of its bytes and nothing else (RFC 5652 section 6.3)', () => {
  for (let length = 0; length < 20; length++) {
    const data = new Uint8Array(length).fill(7);
    assert.deepEqual(removePadding(addPadding(data, 16), 16), data);
  }
  for (const wrongEnd of [[], [0], [17], [2, 1, 3], [1, 2]]) {
    assert.equal(removePadding(Uint8Array.from([...new Array<number>(16).fill(9), ...wrongEnd, 0x55]), 16), undefined);
  }
});

test('work that a PKCS#8 file asks for is bounded before it is done', () => {
  const text = encodePem(crypto, samplePrivateKey(crypto, 'ed25519'), { variant: 'PKCS8', passphrase }) ?? '';
  const { data } = decodeArmor(utf8Encode(text));
  const at = data.findIndex((_, index) => equalBytes(data.subarray(index, index + 5), Uint8Array.of(2, 3, 3, 52, 80)));
  assert.ok(at > 0, 'the iterations');
  for (const iterations of [
    [0x7f, 0xff, 0xff],
    [0, 0, 1],
  ]) {
    const changed = data.slice();
    changed.set(iterations, at + 2);
    if (iterations[0] === 0) assert.throws(() => readSealedPkcs8(changed), DecodeError);
    else assert.doesNotThrow(() => readSealedPkcs8(changed));
  }
  const huge = Uint8Array.from([...data.subarray(0, at), 2, 4, 0x7f, 0xff, 0xff, 0xff, ...data.subarray(at + 5)]);
  assert.throws(() => readSealedPkcs8(huge), DecodeError);
  // The padding of what a wrong passphrase gives is right by chance now and then.
  const [right, other] = [passphrase, wrong].map((word) => openPkcs8(crypto, readSealedPkcs8(data), word));
  assert.ok(right !== undefined && (other === undefined || !equalBytes(right, other)));
});

test('a file with a byte changed or cut off is an error or the same key, never another one', () => {
  for (const name of ['ed25519', 'ecdsa256']) {
    const key = samplePrivateKey(crypto, name);
    const { label, data } = decodeArmor(utf8Encode(encodePem(crypto, key, { variant: 'PKCS8' }) ?? ''));
    for (let at = 0; at < data.length; at++) {
      for (const mask of [0x01, 0x80]) {
        const changed = data.slice();
        changed[at] = (changed[at] ?? 0) ^ mask;
        for (const bytes of [changed, data.slice(0, at)]) check(encodeArmor({ label, data: bytes }), name);
      }
    }
  }
});

/** Another seed or scalar is another key: then nothing tells. */
function check(text: string, name: string): void {
  try {
    const key = open(text);
    assert.ok(key instanceof PrivateKey, name);
    assert.ok(key.isConsistent(crypto));
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${name}: ${String(error)}`);
  }
}

test('every format of the table claims its own files only', () => {
  for (const format of pemFormats) {
    const file = utf8Encode(encodeArmor({ label: format.name, data: nothing }));
    assert.deepEqual(
      pemFormats.filter((other) => other.recognises(file)),
      [format],
    );
    assert.throws(() => format.decode(file).open(crypto, nothing), DecodeError);
  }
});

test('the RSA key of an SSH2 file is read, and nothing that is encrypted or of another type', () => {
  const key = samplePrivateKey(crypto, 'rsa1024');
  const encoded = new Writer();
  key.writeTo(encoded);
  const fields = new Reader(encoded.bytes());
  const [, n, e, d, iqmp, p, q] = [fields.text(), ...Array.from({ length: 6 }, () => fields.mpintBytes())];
  const file = (cipher: string, type = 'if-modn{sign{rsa-pkcs1-sha1}}'): Uint8Array => {
    const writer = new Writer().uint32(0x3f6ff9eb).uint32(0).string(type).string(cipher).uint32(0).uint32(0);
    for (const number of [e, d, n, iqmp, q, p] as Uint8Array[]) writer.uint32(number.length * 8).raw(number);
    return utf8Encode(encodeArmor({ label: 'SSH2 ENCRYPTED PRIVATE KEY', data: writer.bytes() }, rfc4716Style));
  };
  assert.deepEqual(ssh2PrivateKey.decode(file('none')).open(crypto, nothing)?.publicKey.blob, key.publicKey.blob);
  for (const wrongFile of [file('3des-cbc'), file('none', 'dl-modp{sign{dsa-nist-sha1}}')]) {
    assert.throws(() => ssh2PrivateKey.decode(wrongFile).open(crypto, nothing), DecodeError);
  }
  const { data } = decodeArmor(file('none'), rfc4716Style);
  for (let at = 0; at < data.length; at += 3) {
    const cut = encodeArmor({ label: 'SSH2 ENCRYPTED PRIVATE KEY', data: data.slice(0, at) }, rfc4716Style);
    assert.throws(() => ssh2PrivateKey.decode(utf8Encode(cut)).open(crypto, nothing), DecodeError);
  }
});
