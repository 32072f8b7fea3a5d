// Keys that sign and verify, of every kind that a CryptoProvider knows: each kind is a file beside this one. What needs
// random bytes gets them from the provider.

import type {
  CryptoProvider,
  PrivateKeyParts,
  PublicKeyParts,
  SigningKey,
  VerifyingKey,
} from '@sallyport/protocol/algorithms/crypto-provider';
import { ecdsaPublicPoint, ecdsaSigningKey, ecdsaVerifyingKey, generateEcdsa } from './ecdsa.ts';
import { ed25519PublicKey, ed25519SigningKey, ed25519VerifyingKey, generateEd25519 } from './ed25519.ts';
import { CompositeSignatures } from './mldsa44-ed25519.ts';
import { generateRsa, rsaSigningKey, rsaVerifyingKey } from './rsa.ts';

const defaultRsaBits = 3072;

export class SignatureKeys {
  readonly #random: (target: Uint8Array) => Uint8Array;
  readonly #composite: CompositeSignatures;

  constructor(random: (target: Uint8Array) => Uint8Array) {
    this.#random = random;
    this.#composite = new CompositeSignatures(random);
  }

  signingKey(parts: PrivateKeyParts): SigningKey | undefined {
    switch (parts.kind) {
      case 'ed25519':
        return ed25519SigningKey(parts);
      case 'ecdsa':
        return ecdsaSigningKey(parts);
      case 'rsa':
        return rsaSigningKey(parts);
      case 'mldsa44-ed25519':
        return this.#composite.signingKey(parts);
    }
  }

  verifyingKey(parts: PublicKeyParts): VerifyingKey | undefined {
    switch (parts.kind) {
      case 'ed25519':
        return ed25519VerifyingKey(parts);
      case 'ecdsa':
        return ecdsaVerifyingKey(parts);
      case 'rsa':
        return rsaVerifyingKey(parts);
      case 'mldsa44-ed25519':
        return this.#composite.verifyingKey(parts);
    }
  }

  generate(...[kind, options = {}]: Parameters<CryptoProvider['generateKey']>): PrivateKeyParts {
    const { bits = defaultRsaBits, curve = 'nistp256' } = options;
    switch (kind) {
      case 'ed25519':
        return generateEd25519(this.#random(new Uint8Array(32)));
      case 'ecdsa':
        return generateEcdsa(curve);
      case 'rsa':
        return generateRsa(bits);
      case 'mldsa44-ed25519':
        return this.#composite.generate();
    }
  }

  publicHalf(parts: Parameters<CryptoProvider['publicHalf']>[0]): Uint8Array | undefined {
    return parts.kind === 'ed25519' ? ed25519PublicKey(parts.seed) : ecdsaPublicPoint(parts.curve, parts.scalar);
  }
}
