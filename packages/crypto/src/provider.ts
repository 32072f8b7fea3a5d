// The CryptoProvider of Node and Bun: each method is one of the files beside this one. Nothing is compiled, imported or
// allocated before its first use; state (random pool, WebAssembly memory) belongs to the provider that was made.

import { timingSafeEqual } from 'node:crypto';
import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { acceleratedChachaPoly, acceleratedHmac } from './accelerated.ts';
import { aesCiphers, blockCipher } from './aes.ts';
import { bcryptPbkdf } from './bcrypt-pbkdf.ts';
import { ChachaPolyModule, chachaPolyBlob } from './chacha-poly.ts';
import { digest, hasher, hmac, pbkdf2 } from './digests.ts';
import { ecdh, x25519 } from './key-agreement.ts';
import { Acceleration, type LibcryptoProbe } from './libcrypto.ts';
import { MlKem768, messageBytes, seedBytes } from './ml-kem.ts';
import { modExp } from './mod-exp.ts';
import { RandomPool } from './random-pool.ts';
import { SignatureKeys } from './signature-keys.ts';

export interface CryptoProviderOptions {
  /** Loads the system's libcrypto, as packages/system does; it is asked when that is worth the time. */
  readonly libcrypto?: LibcryptoProbe;
  /**
   * Fills the array and returns it; the only source of random bytes then. Unset, they are the runtime's, drawn in
   * advance. A process that is copied (fork) must set it: two copies would draw the same bytes.
   */
  readonly random?: (target: Uint8Array) => Uint8Array;
}

export function createCryptoProvider(options: CryptoProviderOptions = {}): CryptoProvider {
  const acceleration = new Acceleration(options.libcrypto);
  const pool = new RandomPool();
  const random = options.random ?? ((target: Uint8Array): Uint8Array => pool.draw(target));
  let chachaPolyModule: ChachaPolyModule | undefined;
  let mlKemModule: MlKem768 | undefined;
  let argon2Module: typeof import('./argon2.ts') | undefined;
  const keys = new SignatureKeys(random);
  const mlKem = (): MlKem768 => (mlKemModule ??= new MlKem768());
  return {
    random,
    equal: (a, b) => a.length === b.length && timingSafeEqual(a, b),
    digest,
    hasher,
    hmac: (name, key) => acceleratedHmac(hmac(name, key), { name, key }, acceleration),
    ...aesCiphers(),
    chachaPoly: (key) => {
      chachaPolyModule ??= new ChachaPolyModule();
      return acceleratedChachaPoly(chachaPolyModule.cipher(key), key, acceleration);
    },
    chachaPolyBlob,
    blockCipher,
    x25519: () => x25519(random(new Uint8Array(32))),
    ecdh: (curve) => ecdh(curve, random),
    mlkem768: () => mlKem().keyPair(random(new Uint8Array(seedBytes))),
    mlkem768Encapsulate: (publicKey) => mlKem().encapsulate(publicKey, random(new Uint8Array(messageBytes))),
    modExp,
    signingKey: (parts) => keys.signingKey(parts),
    verifyingKey: (parts) => keys.verifyingKey(parts),
    generateKey: (kind, how) => keys.generate(kind, how),
    publicHalf: (parts) => keys.publicHalf(parts),
    pbkdf2,
    prepareArgon2: async () => {
      argon2Module ??= await import('./argon2.ts');
    },
    argon2: (variant, passphrase, parameters) => {
      if (argon2Module === undefined) throw new Error('Argon2 was not prepared');
      return argon2Module.argon2(variant, passphrase, parameters);
    },
    bcryptPbkdf,
  };
}
