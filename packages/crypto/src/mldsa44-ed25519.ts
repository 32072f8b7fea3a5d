// The composite of ML-DSA-44 and Ed25519 of draft-miller-sshm-mldsa44-ed25519-composite-sigs-00, which takes
// MLDSA44-Ed25519-SHA512 of draft-ietf-lamps-pq-composite-sigs with an empty context. Both halves sign the same
// message; a signature is right only if both are. The private key is the two seeds.

import type {
  PrivateKeyParts,
  PublicKeyParts,
  SigningKey,
  VerifyingKey,
} from '@sallyport/protocol/algorithms/crypto-provider';
import { concatBytes, equalBytes } from '@sallyport/protocol/wire/bytes';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { digest } from './digests.ts';
import { ed25519PublicKey, ed25519SigningKey, ed25519VerifyingKey } from './ed25519.ts';
import { type MlDsa44, type MlDsaKeyPair, mlDsaSizes } from './ml-dsa.ts';
import { loadNobleMlDsa44 } from './ml-dsa-noble.ts';
import { runtimeMlDsa44 } from './ml-dsa-runtime.ts';

type CompositePrivateParts = Extract<PrivateKeyParts, { kind: 'mldsa44-ed25519' }>;
type CompositePublicParts = Extract<PublicKeyParts, { kind: 'mldsa44-ed25519' }>;

const ed25519Sizes = { seed: 32, publicKey: 32, signature: 64 } as const;
const seedsBytes = mlDsaSizes.seed + ed25519Sizes.seed;
const publicKeyBytes = mlDsaSizes.publicKey + ed25519Sizes.publicKey;
const signatureBytes = mlDsaSizes.signature + ed25519Sizes.signature;
const prefix = utf8Encode('CompositeAlgorithmSignatures2025');
const label = utf8Encode('COMPSIG-MLDSA44-Ed25519-SHA512');
const emptyContext = Uint8Array.of(0);

interface Halves {
  readonly mlDsa: MlDsaKeyPair;
  readonly ed25519: { readonly seed: Uint8Array; readonly publicKey: Uint8Array };
}

export class CompositeSignatures {
  readonly #random: (target: Uint8Array) => Uint8Array;
  #mlDsa: MlDsa44 | undefined;

  constructor(random: (target: Uint8Array) => Uint8Array) {
    this.#random = random;
  }

  signingKey({ seeds, publicKey }: CompositePrivateParts): SigningKey | undefined {
    if (seeds.length !== seedsBytes || publicKey.length !== publicKeyBytes) return undefined;
    const { mlDsa, ed25519 } = this.#halves(seeds);
    const traditional = ed25519SigningKey({ kind: 'ed25519', ...ed25519 });
    const isWhole = equalBytes(concatBytes(mlDsa.publicKey, ed25519.publicKey), publicKey);
    if (traditional === undefined || !isWhole) {
      mlDsa.free();
      return undefined;
    }
    let isFree = false;
    return {
      sign: (_digest, data) => {
        if (isFree) throw new Error('signing key was freed');
        const message = signedMessage(data);
        return concatBytes(mlDsa.sign(message, label), traditional.sign('sha512', message));
      },
      free: () => {
        isFree = true;
        mlDsa.free();
        traditional.free();
      },
    };
  }

  verifyingKey({ publicKey }: CompositePublicParts): VerifyingKey | undefined {
    if (publicKey.length !== publicKeyBytes) return undefined;
    const own = publicKey.slice();
    const mlDsaKey = own.subarray(0, mlDsaSizes.publicKey);
    const traditional = ed25519VerifyingKey({ kind: 'ed25519', publicKey: own.subarray(mlDsaSizes.publicKey) });
    if (traditional === undefined) return undefined;
    return {
      verify: (_digest, data, signature) => {
        if (signature.length !== signatureBytes) return false;
        const message = signedMessage(data);
        // The cheap half first: most wrong signatures need not load the other one.
        if (!traditional.verify('sha512', message, signature.subarray(mlDsaSizes.signature))) return false;
        const signed = { message, context: label, signature: signature.subarray(0, mlDsaSizes.signature) };
        return this.#load().verify(mlDsaKey, signed);
      },
    };
  }

  generate(): PrivateKeyParts {
    const seeds = this.#random(new Uint8Array(seedsBytes));
    const { mlDsa, ed25519 } = this.#halves(seeds);
    mlDsa.free();
    return { kind: 'mldsa44-ed25519', seeds, publicKey: concatBytes(mlDsa.publicKey, ed25519.publicKey) };
  }

  #halves(seeds: Uint8Array): Halves {
    const mlDsa = this.#load().keyPair(seeds.subarray(0, mlDsaSizes.seed));
    const seed = seeds.subarray(mlDsaSizes.seed);
    const publicKey = ed25519PublicKey(seed);
    if (publicKey === undefined) throw new Error('seed of 32 bytes makes no Ed25519 key');
    return { mlDsa, ed25519: { seed, publicKey } };
  }

  /** Some ten milliseconds; synchronous, as a host key of this kind may turn up at any moment. */
  #load(): MlDsa44 {
    return (this.#mlDsa ??= runtimeMlDsa44() ?? loadNobleMlDsa44(this.#random));
  }
}

/** What both halves sign: where it belongs, no context, and the digest of the data. */
function signedMessage(data: Uint8Array): Uint8Array {
  return concatBytes(prefix, label, emptyContext, digest('sha512', data));
}
