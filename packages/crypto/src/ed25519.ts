// Ed25519 (RFC 8032, RFC 8709) by the runtime. Keys come in as JSON Web Keys: DER import costs ten signatures on
// OpenSSL 3.0. The runtimes derive the public key from the seed and do not read `x`, so the given one is compared here.

import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type {
  PrivateKeyParts,
  PublicKeyParts,
  SigningKey,
  VerifyingKey,
} from '@sallyport/protocol/algorithms/crypto-provider';
import { base64Url, fromBase64Url, plainBytes } from './platform-bytes.ts';

type Ed25519PrivateParts = Extract<PrivateKeyParts, { kind: 'ed25519' }>;
type Ed25519PublicParts = Extract<PublicKeyParts, { kind: 'ed25519' }>;

const keyBytes = 32;
const signatureBytes = 64;

function importSeed(seed: Uint8Array): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: { kty: 'OKP', crv: 'Ed25519', x: '', d: base64Url(seed) }, format: 'jwk' });
}

function publicText(key: ReturnType<typeof createPrivateKey>): string {
  return createPublicKey(key).export({ format: 'jwk' }).x as string;
}

export function ed25519SigningKey(parts: Ed25519PrivateParts): SigningKey | undefined {
  if (parts.seed.length !== keyBytes || parts.publicKey.length !== keyBytes) return undefined;
  let key: ReturnType<typeof createPrivateKey> | undefined = importSeed(parts.seed);
  if (publicText(key) !== base64Url(parts.publicKey)) return undefined;
  return {
    sign: (_digest, data) => {
      if (!key) throw new Error('signing key was freed');
      return plainBytes(sign(null, data, key));
    },
    free: () => {
      key = undefined;
    },
  };
}

export function ed25519VerifyingKey(parts: Ed25519PublicParts): VerifyingKey | undefined {
  if (parts.publicKey.length !== keyBytes) return undefined;
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: base64Url(parts.publicKey) };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return {
      verify: (_digest, data, signature) => signature.length === signatureBytes && verify(null, data, key, signature),
    };
  } catch {
    return undefined;
  }
}

/** The public key of a seed. */
export function ed25519PublicKey(seed: Uint8Array): Uint8Array | undefined {
  return seed.length === keyBytes ? fromBase64Url(publicText(importSeed(seed))) : undefined;
}

/** The key of a random seed. */
export function generateEd25519(seed: Uint8Array): PrivateKeyParts {
  return { kind: 'ed25519', seed, publicKey: fromBase64Url(publicText(importSeed(seed))) };
}
