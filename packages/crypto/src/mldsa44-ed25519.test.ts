import assert from 'node:assert/strict';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as platformSign,
  verify as platformVerify,
} from 'node:crypto';
import { test } from 'node:test';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { compositeVector } from '@sallyport/testing/mldsa44-ed25519-sample';
import { createCryptoProvider } from './index.ts';
import { mlDsaSizes } from './ml-dsa.ts';
import { loadNobleMlDsa44 } from './ml-dsa-noble.ts';
import { runtimeMlDsa44 } from './ml-dsa-runtime.ts';
import { CompositeSignatures } from './mldsa44-ed25519.ts';

const crypto = createCryptoProvider();
const random = (target: Uint8Array): Uint8Array => crypto.random(target);
const noble = loadNobleMlDsa44(random);
const runtime = runtimeMlDsa44();
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'hex'));
const base64 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64'));
const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value));
const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');
const nothing = new Uint8Array(0);
const zeros = new Uint8Array(32);

/** The key of seeds that are given instead of drawn. */
function keyOfSeeds(seeds: Uint8Array): { readonly seeds: Uint8Array; readonly publicKey: Uint8Array } {
  const parts = new CompositeSignatures((target) => {
    target.set(seeds);
    return target;
  }).generate();
  assert.ok(parts.kind === 'mldsa44-ed25519');
  return parts;
}

const vectorKey = keyOfSeeds(base64(compositeVector.seeds));
const vectorParts = { kind: 'mldsa44-ed25519', ...vectorKey } as const;
const vectorSignature = base64(compositeVector.signature);
const vectorMessage = text(compositeVector.message);

/** Those that run here; on Node 24 there are two. */
const implementations = [noble, ...(runtime === undefined ? [] : [runtime])];

test('ML-DSA-44 makes the keys of the seeds that NIST published (ACVP, ML-DSA-keyGen-FIPS204, test case 1)', () => {
  for (const mlDsa of implementations) {
    const { publicKey } = mlDsa.keyPair(hex('d71361c000f9a7bc99dfb425bcb6bb27c32c36ab444ff3708b2d93b4e66d5b5b'));
    assert.equal(sha256(publicKey), '451a808c522218fadbdab146fc12004b0741c7d069f238f43ad77216159f6a34');
    assert.equal(publicKey.length, mlDsaSizes.publicKey);
  }
});

test('ML-DSA-44 signs as in the vectors of Wycheproof when its random bytes are zero (FIPS 204 section 5.2)', () => {
  const key = loadNobleMlDsa44((target) => target).keyPair(new Uint8Array(32).fill(0x2a));
  assert.equal(sha256(key.publicKey), 'd87f8ca136ac1aa55e2d6c4521680efb3a378cbb9bc0bfb446e9c60893931ea3');
  const signature = key.sign(text('Hello world'), nothing);
  assert.equal(sha256(signature), '8cd6fc03daa72e87210a4e721523e84c14f27733789075e65736744d4787fdd5');
});

test('a signature of ML-DSA-44 holds for its message and its context only (FIPS 204 section 5.3)', () => {
  const [message, context] = [text('message'), text('context')];
  for (const one of implementations) {
    const key = one.keyPair(crypto.random(new Uint8Array(32)));
    const signature = key.sign(message, context);
    for (const other of implementations) {
      const verify = (given: { readonly message?: Uint8Array; readonly context?: Uint8Array }): boolean =>
        other.verify(key.publicKey, { message, context, signature, ...given });
      assert.equal(verify({}), true);
      assert.equal(verify({ context: nothing }), false);
      assert.equal(verify({ message: nothing }), false);
    }
  }
});

/** Bun has ML-DSA, of BoringSSL, but takes no context; Node 20 has none. */
function platformKey(seed: Uint8Array): KeyObject | undefined {
  const der = concatBytes(hex('3034020100300b060960864801650304031104228020'), seed);
  try {
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    return undefined;
  }
}

const noPlatform = platformKey(zeros) === undefined ? 'this runtime has no ML-DSA' : false;

test("ML-DSA-44 and the runtime's own make the same keys and take each other's signatures", {
  skip: noPlatform,
}, () => {
  for (let round = 0; round < 20; round++) {
    const seed = crypto.random(new Uint8Array(32));
    const own = noble.keyPair(seed);
    const other = platformKey(seed);
    assert.ok(other);
    const info = createPublicKey(other).export({ format: 'der', type: 'spki' });
    assert.deepEqual(Uint8Array.from(info.subarray(-mlDsaSizes.publicKey)), own.publicKey);
    const data = crypto.random(new Uint8Array(round));
    const signature = own.sign(data, nothing);
    assert.equal(platformVerify(null, data, createPublicKey(other), signature), true);
    const theirs = Uint8Array.from(platformSign(null, data, other));
    const signed = { message: data, context: nothing, signature: theirs };
    assert.equal(noble.verify(own.publicKey, signed), true);
    assert.equal(noble.verify(own.publicKey, { ...signed, context: text('x') }), false);
  }
});

test('the composite signature of the LAMPS draft is right, and its seeds make its public key', () => {
  const publicText = Buffer.from(vectorKey.publicKey).toString('base64');
  assert.ok(publicText.startsWith(compositeVector.publicKeyBegins));
  assert.ok(publicText.endsWith(compositeVector.publicKeyEnds));
  const verifying = crypto.verifyingKey(vectorParts);
  assert.equal(verifying?.verify('sha512', vectorMessage, vectorSignature), true);
  assert.equal(verifying?.verify('sha512', text('another message'), vectorSignature), false);
});

test('a composite signature is right only if both halves are, whole and in their order', () => {
  const verifying = crypto.verifyingKey(vectorParts);
  assert.ok(verifying);
  const accepted = (signature: Uint8Array): boolean => verifying.verify('sha512', vectorMessage, signature);
  for (const at of [0, 1, 31, 32, 1000, 2419, 2420, 2421, 2451, 2452, 2483]) {
    const changed = vectorSignature.slice();
    changed[at] = (changed[at] as number) ^ 1;
    assert.equal(accepted(changed), false, `${at}`);
  }
  const first = vectorSignature.subarray(0, mlDsaSizes.signature);
  const second = vectorSignature.subarray(mlDsaSizes.signature);
  for (const wrong of [nothing, first, second, concatBytes(second, first), concatBytes(vectorSignature, zeros)]) {
    assert.equal(accepted(wrong), false);
  }
  // Each half is right for itself and the other one is not.
  const other = crypto.generateKey('mldsa44-ed25519');
  const foreign = crypto.signingKey(other)?.sign('sha512', vectorMessage) ?? nothing;
  assert.equal(foreign.length, vectorSignature.length);
  assert.equal(accepted(concatBytes(first, foreign.subarray(first.length))), false);
  assert.equal(accepted(concatBytes(foreign.subarray(0, first.length), second)), false);
});

test('what a composite key signs is never twice the same, and right', () => {
  const signing = crypto.signingKey(vectorParts);
  const verifying = crypto.verifyingKey(vectorParts);
  assert.ok(signing && verifying);
  const [one, two] = [signing.sign('sha512', vectorMessage), signing.sign('sha512', vectorMessage)];
  assert.notDeepEqual(one.subarray(0, mlDsaSizes.signature), two.subarray(0, mlDsaSizes.signature));
  for (const signature of [one, two]) assert.equal(verifying.verify('sha512', vectorMessage, signature), true);
  signing.free();
  assert.throws(() => signing.sign('sha512', vectorMessage), /freed/);
});

test('seeds and public keys of other lengths or of another key make no composite key', () => {
  const { seeds, publicKey } = vectorKey;
  const kind = 'mldsa44-ed25519';
  for (const length of [0, 32, 63, 65]) {
    const other = new Uint8Array(length).fill(1);
    assert.equal(crypto.signingKey({ kind, seeds: other, publicKey }), undefined);
  }
  for (const length of [0, 1312, 1343, 1345]) {
    const other = new Uint8Array(length).fill(1);
    assert.equal(crypto.signingKey({ kind, seeds, publicKey: other }), undefined);
    assert.equal(crypto.verifyingKey({ kind, publicKey: other }), undefined);
  }
  for (const at of [0, 1311, 1312, 1343]) {
    const other = publicKey.slice();
    other[at] = (other[at] as number) ^ 1;
    assert.equal(crypto.signingKey({ kind, seeds, publicKey: other }), undefined);
    const verifying = crypto.verifyingKey({ kind, publicKey: other });
    assert.notEqual(verifying?.verify('sha512', vectorMessage, vectorSignature), true);
  }
});
