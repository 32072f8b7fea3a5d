// ML-KEM-768 (FIPS 203) by our own WebAssembly module (wasm/ml-kem.as): Node 20 has none, Bun's is asynchronous, and
// JavaScript needs ten milliseconds and more for the first exchange of a process. The module's memory is wiped after
// every call.

import type { KemKeyPair, KemResult } from '@sallyport/protocol/algorithms/crypto-provider';
import { mlKemWasm } from './wasm/ml-kem.ts';
import { instantiate, type WasmMemory } from './wasm-module.ts';

interface MlKemExports {
  readonly memory: WasmMemory;
  seedAddress(): number;
  sharedAddress(): number;
  keyAddress(): number;
  ciphertextAddress(): number;
  generate(): void;
  encapsulate(): number;
  decapsulate(): void;
  wipe(): void;
}

export const seedBytes = 64;
export const messageBytes = 32;
const publicKeyBytes = 1184;
const publicKeyOffset = 1152;
const privateKeyBytes = 2400;
const ciphertextBytes = 1088;
const sharedSecretBytes = 32;

export class MlKem768 {
  readonly #exports = instantiate(mlKemWasm) as MlKemExports;
  readonly #memory = new Uint8Array(this.#exports.memory.buffer);

  /** The key pair of a random seed (d and z of FIPS 203 section 7.1), which is wiped. */
  keyPair(seed: Uint8Array): KemKeyPair {
    const wasm = this.#exports;
    this.#memory.set(seed, wasm.seedAddress());
    seed.fill(0);
    wasm.generate();
    const privateKey = this.#take(wasm.keyAddress(), privateKeyBytes);
    wasm.wipe();
    let freed = false;
    return {
      publicKey: privateKey.slice(publicKeyOffset, publicKeyOffset + publicKeyBytes),
      decapsulate: (ciphertext) => {
        if (freed) throw new Error('key pair was freed');
        return ciphertext.length === ciphertextBytes ? this.#decapsulate(privateKey, ciphertext) : undefined;
      },
      free: () => {
        privateKey.fill(0);
        freed = true;
      },
    };
  }

  /**
   * A secret for the holder of a public key, from a random message, which is wiped. undefined for a key of the wrong
   * length or with a coefficient that is not reduced (FIPS 203 section 7.2).
   */
  encapsulate(publicKey: Uint8Array, message: Uint8Array): KemResult | undefined {
    if (publicKey.length !== publicKeyBytes) return undefined;
    const wasm = this.#exports;
    this.#memory.set(message, wasm.seedAddress());
    message.fill(0);
    this.#memory.set(publicKey, wasm.keyAddress() + publicKeyOffset);
    const good = wasm.encapsulate() !== 0;
    const ciphertext = this.#take(wasm.ciphertextAddress(), ciphertextBytes);
    const sharedSecret = this.#take(wasm.sharedAddress(), sharedSecretBytes);
    wasm.wipe();
    return good ? { ciphertext, sharedSecret } : undefined;
  }

  #decapsulate(privateKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const wasm = this.#exports;
    this.#memory.set(privateKey, wasm.keyAddress());
    this.#memory.set(ciphertext, wasm.ciphertextAddress());
    wasm.decapsulate();
    const sharedSecret = this.#take(wasm.sharedAddress(), sharedSecretBytes);
    wasm.wipe();
    return sharedSecret;
  }

  #take(at: number, bytes: number): Uint8Array {
    return this.#memory.slice(at, at + bytes);
  }
}
