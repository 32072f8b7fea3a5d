// ML-KEM-768 (FIPS 203): by node:crypto where it has it (Node 24 with OpenSSL 3.5), otherwise by @noble/post-quantum,
// which is imported only when load() is called. The contract is synchronous, so programs await load() while they
// connect.

import { Buffer } from 'node:buffer';
import * as nodeCrypto from 'node:crypto';
import type { KemKeyPair, KemResult } from '@sallyport/protocol/algorithms/crypto-provider';
import { concatBytes } from '@sallyport/protocol/wire/bytes';
import { plainBytes } from './platform-bytes.ts';

type NobleMlKem = typeof import('@noble/post-quantum/ml-kem.js').ml_kem768;

interface NativeKem {
  encapsulate(key: nodeCrypto.KeyObject): { readonly sharedKey: Uint8Array; readonly ciphertext: Uint8Array };
  decapsulate(key: nodeCrypto.KeyObject, ciphertext: Uint8Array): Uint8Array;
}

const seedBytes = 64;
const messageBytes = 32;
const publicKeyBytes = 1184;
const ciphertextBytes = 1088;
// PrivateKeyInfo with the seed alone, and SubjectPublicKeyInfo, up to the raw key (RFC 9935 section 4 and 6).
const privatePrefix = Uint8Array.of(
  0x30,
  0x54,
  0x02,
  0x01,
  0x00,
  0x30,
  0x0b,
  0x06,
  0x09,
  0x60,
  0x86,
  0x48,
  0x01,
  0x65,
  0x03,
  0x04,
  0x04,
  0x02,
  0x04,
  0x42,
  0x80,
  0x40,
);
const publicPrefix = Uint8Array.of(
  0x30,
  0x82,
  0x04,
  0xb2,
  0x30,
  0x0b,
  0x06,
  0x09,
  0x60,
  0x86,
  0x48,
  0x01,
  0x65,
  0x03,
  0x04,
  0x04,
  0x02,
  0x03,
  0x82,
  0x04,
  0xa1,
  0x00,
);

export class MlKem768 {
  readonly #random: (target: Uint8Array) => Uint8Array;
  readonly #native = nativeKem();
  #noble: NobleMlKem | undefined;

  constructor(random: (target: Uint8Array) => Uint8Array) {
    this.#random = random;
  }

  /** Makes the synchronous methods usable; cheap after the first time and where the runtime has ML-KEM. */
  async load(): Promise<void> {
    if (this.#native) return;
    this.#noble ??= (await import('@noble/post-quantum/ml-kem.js')).ml_kem768;
  }

  keyPair(): KemKeyPair {
    const seed = this.#random(new Uint8Array(seedBytes));
    try {
      return this.#native ? nativeKeyPair(this.#native, seed) : nobleKeyPair(this.#loaded(), seed);
    } finally {
      seed.fill(0);
    }
  }

  /** undefined for a key of the wrong length or with a coefficient that is not reduced (FIPS 203 section 7.2). */
  encapsulate(publicKey: Uint8Array): KemResult | undefined {
    if (publicKey.length !== publicKeyBytes) return undefined;
    const noble = this.#native ? undefined : this.#loaded();
    try {
      if (noble) {
        const { cipherText, sharedSecret } = noble.encapsulate(publicKey, this.#random(new Uint8Array(messageBytes)));
        return { ciphertext: cipherText, sharedSecret };
      }
      const key = nodeCrypto.createPublicKey({
        key: Buffer.from(concatBytes(publicPrefix, publicKey)),
        format: 'der',
        type: 'spki',
      });
      const { ciphertext, sharedKey } = (this.#native as NativeKem).encapsulate(key);
      return { ciphertext: plainBytes(ciphertext), sharedSecret: plainBytes(sharedKey) };
    } catch {
      return undefined;
    }
  }

  #loaded(): NobleMlKem {
    if (!this.#noble) throw new Error('ML-KEM is not loaded: await loadMlKem() before the key exchange');
    return this.#noble;
  }
}

function nativeKem(): NativeKem | undefined {
  const platform = nodeCrypto as unknown as Partial<NativeKem>;
  return platform.encapsulate && platform.decapsulate ? (platform as NativeKem) : undefined;
}

function nobleKeyPair(noble: NobleMlKem, seed: Uint8Array): KemKeyPair {
  const { publicKey, secretKey } = noble.keygen(seed);
  return {
    publicKey,
    decapsulate: (ciphertext) => {
      if (ciphertext.length !== ciphertextBytes) return undefined;
      return noble.decapsulate(ciphertext, secretKey);
    },
    free: () => void secretKey.fill(0),
  };
}

function nativeKeyPair(native: NativeKem, seed: Uint8Array): KemKeyPair {
  const der = Buffer.from(concatBytes(privatePrefix, seed));
  const key = nodeCrypto.createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const spki = nodeCrypto.createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: plainBytes(spki.subarray(publicPrefix.length)),
    decapsulate: (ciphertext) => {
      if (ciphertext.length !== ciphertextBytes) return undefined;
      return plainBytes(native.decapsulate(key, ciphertext));
    },
    free: () => undefined,
  };
}
