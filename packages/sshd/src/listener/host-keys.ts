// The host keys that the daemon loads at its start and signs with. Only the monitor has them; other processes know
// the public halves and the algorithms.

import type { CryptoProvider } from '@sallyport/protocol/algorithms/crypto-provider';
import { signatureAlgorithmsOf } from '@sallyport/protocol/algorithms/signatures';
import type { PrivateKey } from '@sallyport/protocol/keys/private-key';
import type { OfferedHostKey } from '@sallyport/protocol/transport/options';
import { equalBytes } from '@sallyport/protocol/wire/bytes';

export class HostKeys {
  readonly #crypto: CryptoProvider;
  readonly #keys: readonly PrivateKey[];
  readonly #algorithms: readonly string[];

  /** @param algorithms HostKeyAlgorithms, what the keys may sign with */
  constructor(crypto: CryptoProvider, keys: readonly PrivateKey[], algorithms: readonly string[]) {
    this.#crypto = crypto;
    this.#keys = keys;
    this.#algorithms = algorithms;
  }

  get offered(): readonly OfferedHostKey[] {
    return this.#keys.map((key) => ({ blob: key.publicKey.blob, algorithms: this.#algorithmsOf(key) }));
  }

  /** A signature blob; undefined when there is no such key or it cannot sign with that algorithm. */
  sign(algorithm: string, blob: Uint8Array, data: Uint8Array): Uint8Array | undefined {
    const key = this.#keys.find((candidate) => equalBytes(candidate.publicKey.blob, blob));
    if (key === undefined || !this.#algorithmsOf(key).includes(algorithm)) return undefined;
    return key.sign(this.#crypto, algorithm, data);
  }

  #algorithmsOf(key: PrivateKey): readonly string[] {
    const known = signatureAlgorithmsOf(key.publicKey.type).map((row) => row.name);
    return this.#algorithms.filter((name) => known.includes(name as never));
  }
}
