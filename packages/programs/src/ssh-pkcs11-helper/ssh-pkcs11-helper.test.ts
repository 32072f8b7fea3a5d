import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCryptoProvider } from '@sallyport/crypto';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { Reader } from '@sallyport/protocol/wire/reader';
import type { AttributeName } from '@sallyport/system/pkcs11-names';
import { keyTypes, mechanisms, objectClasses } from '@sallyport/system/pkcs11-names';
import { main } from './main.ts';
import type { TokenObjects } from './token-keys.ts';
import { readTokenKeys } from './token-keys.ts';
import { derOfNumbers, planSignature, signatureBlob } from './token-signature.ts';
import { Tokens } from './tokens.ts';

const crypto = createCryptoProvider();
const word = (value: number): Uint8Array => new Uint8Array(new BigUint64Array([BigInt(value)]).buffer);
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value));

type FakeObject = Partial<Record<AttributeName, Uint8Array>> & { readonly objectClass: number };

/** A token whose objects are those; handles are their places. */
function token(...objects: readonly FakeObject[]): TokenObjects {
  return {
    findObjects: (_session, [first]) =>
      objects.flatMap(({ objectClass }, at) => (objectClass === first?.[1] ? at : [])),
    attribute: (_session, object, name) => objects[object]?.[name],
  };
}

const p256 = new PrivateKey(crypto.generateKey('ecdsa', { curve: 'nistp256' }));
const ed25519 = new PrivateKey(crypto.generateKey('ed25519'));
const rsa = new PrivateKey(crypto.generateKey('rsa', { bits: 2048 }));

function pointOf({ parts }: PublicKey): Uint8Array {
  return parts.kind === 'ecdsa' ? parts.publicPoint : assert.fail();
}

test('keys of every kind are read from public key objects, with or without DER around their points', () => {
  const { parts } = rsa.publicKey;
  assert.ok(parts.kind === 'rsa' && ed25519.publicKey.parts.kind === 'ed25519');
  const point = pointOf(p256.publicKey);
  const common = { objectClass: objectClasses.publicKey };
  const found = readTokenKeys(
    token(
      { ...common, keyType: word(keyTypes.rsa), modulus: concatBytes(hex('00'), parts.n), publicExponent: parts.e },
      {
        ...common,
        keyType: word(keyTypes.ec),
        ecParameters: hex('06082a8648ce3d030107'),
        ecPoint: concatBytes(hex('0441'), point),
        label: text('p256'),
        id: hex('02'),
      },
      { ...common, keyType: word(keyTypes.ec), ecParameters: hex('06082a8648ce3d030107'), ecPoint: point },
      {
        ...common,
        keyType: word(keyTypes.ecEdwards),
        ecParameters: hex('06032b6570'),
        ecPoint: concatBytes(hex('0420'), ed25519.publicKey.parts.publicKey),
      },
    ),
    1,
  );
  assert.deepEqual(
    found.map(({ key }) => key.blob),
    [rsa, p256, ed25519].map(({ publicKey }) => publicKey.blob),
  );
  assert.deepEqual([found[1]?.label, found[1]?.id], ['p256', hex('02')]);
});

test('a bare point that could be the beginning of DER by its second byte is one', () => {
  const points = [
    [
      '06082a8648ce3d030107',
      '043fc424067a1f679b0fe2c0ae1093724f6233002be8063cb1cad2cccdb85b089e',
      '5bb243009e581be52aedbb47eda98d26cf9fc800f7934c9466aaaef8c6629ecf',
    ],
    [
      '06052b81040022',
      '045f1220584a5e3287e86d9a4af0b7c7e5e82a4d262ef7f92a632cf3b163e47ea878b217d6601c4090f28b25bffa0f1079',
      '65ff5d3ba436b7ca0f1f33b5472f2a267b4472268c10f6a40c0fc60703795c09ab48c514504e741566a513acd1509173',
    ],
  ] as const;
  const objects = points.map(([parameters, x, y]) => ({
    ...{ objectClass: objectClasses.publicKey, keyType: word(keyTypes.ec) },
    ...{ ecParameters: hex(parameters), ecPoint: hex(x + y) },
  }));
  const found = readTokenKeys(token(...objects), 1);
  assert.deepEqual(
    found.map(({ key }) => pointOf(key)),
    objects.map(({ ecPoint }) => ecPoint),
  );
});

test('objects that are no usable keys are passed over', () => {
  const common = { objectClass: objectClasses.publicKey };
  const found = readTokenKeys(
    token(
      common,
      { ...common, keyType: word(keyTypes.rsa) },
      { ...common, keyType: hex('00') },
      { ...common, keyType: word(0x77) },
      { ...common, keyType: word(keyTypes.ec), ecParameters: hex('06092b2403030208010107'), ecPoint: hex('0441') },
      { ...common, keyType: word(keyTypes.ec), ecParameters: hex('06082a8648ce3d030107'), ecPoint: hex('04820000') },
      { ...common, keyType: word(keyTypes.rsa), modulus: hex('c5'), publicExponent: hex('03') },
      { objectClass: objectClasses.certificate, value: hex('3003020101') },
      { objectClass: objectClasses.certificate },
    ),
    1,
  );
  assert.deepEqual(found, []);
});

test('a token signs what the algorithm says, and nothing for algorithms of other keys', () => {
  const data = text('data');
  const plan = (key: PublicKey, algorithm: string) => planSignature(crypto, { key, algorithm, data });
  assert.deepEqual(plan(ed25519.publicKey, 'ssh-ed25519'), { mechanism: mechanisms.eddsa, input: data });
  const digest = crypto.digest('sha256', data);
  const ecdsa = { mechanism: mechanisms.ecdsa, input: digest };
  assert.deepEqual(plan(p256.publicKey, 'ecdsa-sha2-nistp256'), ecdsa);
  const info = plan(rsa.publicKey, 'rsa-sha2-256');
  assert.equal(info?.mechanism, mechanisms.rsaPkcs);
  assert.deepEqual(info?.input.subarray(-digest.length), digest);
  assert.equal(info?.input.length, 19 + digest.length);
  assert.equal(plan(rsa.publicKey, 'ssh-rsa')?.input.length, 15 + 20);
  for (const [key, algorithm] of [
    [rsa, 'ssh-ed25519'],
    [p256, 'ecdsa-sha2-nistp384'],
    [p256, 'none'],
  ] as const) {
    assert.equal(plan(key.publicKey, algorithm), undefined);
  }
});

test('a signature of a token leaves only when it verifies', () => {
  const data = text('data');
  const algorithm = 'ssh-ed25519';
  const blob = ed25519.sign(crypto, algorithm, data);
  const reader = new Reader(blob);
  reader.text();
  const raw = reader.string().slice();
  const made = { key: ed25519.publicKey, algorithm, data, raw };
  assert.deepEqual(signatureBlob(crypto, made), blob);
  raw[5] = (raw[5] as number) ^ 1;
  assert.equal(signatureBlob(crypto, made), undefined);
});

test('the numbers of ECDSA in DER are positive and as short as can be (X.690 section 8.3)', () => {
  assert.deepEqual(derOfNumbers(hex('00010080')), hex('300702010102020080'));
});

test('modules that cannot be loaded are told and give no keys', () => {
  const errors: string[] = [];
  const tokens = new Tokens(crypto, { error: (line) => errors.push(line), debug: () => undefined });
  assert.equal(tokens.add('/nonexistent.so', new Uint8Array()), undefined);
  assert.match(errors.join(), /^provider \/nonexistent\.so: /);
  assert.equal(tokens.remove('/nonexistent.so'), false);
  assert.equal(tokens.sign(ed25519.publicKey.blob, text('data'), 'ssh-ed25519'), undefined);
});

test('the program takes -v and nothing else', async () => {
  assert.equal(await main(['--help']), 1);
  assert.equal(await main(['-v', 'x']), 1);
});
