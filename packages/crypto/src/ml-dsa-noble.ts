// ML-DSA-44 (FIPS 204) by @noble/post-quantum, for runtimes without it. JavaScript cannot promise constant time; the
// package's arithmetic has no branch on secrets but those of the rejection loop, which FIPS 204 allows.

import { loadPackage } from './load-package.ts';
import type { MlDsa44 } from './ml-dsa.ts';

/** What is used of the package. */
interface NobleMlDsa44 {
  keygen(seed: Uint8Array): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array };
  sign(
    message: Uint8Array,
    secretKey: Uint8Array,
    options: { readonly context: Uint8Array; readonly extraEntropy: Uint8Array },
  ): Uint8Array;
  verify(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
    options: { readonly context: Uint8Array },
  ): boolean;
}

interface NoblePackage {
  readonly ml_dsa44: NobleMlDsa44;
}

const randomBytes = 32;

export function loadNobleMlDsa44(random: (target: Uint8Array) => Uint8Array): MlDsa44 {
  const path = '@noble/post-quantum/ml-dsa.js';
  const { ml_dsa44: noble } = loadPackage(path, () => require('@noble/post-quantum/ml-dsa.js') as NoblePackage);
  return {
    keyPair: (seed) => {
      const { publicKey, secretKey } = noble.keygen(seed);
      return {
        publicKey,
        sign: (message, context) => {
          const extraEntropy = random(new Uint8Array(randomBytes));
          const signature = noble.sign(message, secretKey, { context, extraEntropy });
          extraEntropy.fill(0);
          return signature;
        },
        free: () => {
          secretKey.fill(0);
        },
      };
    },
    verify: (publicKey, { message, context, signature }) => noble.verify(signature, message, publicKey, { context }),
  };
}
