// What this package can use of the system's libcrypto when somebody who may call C functions offers it (packages/system
// builds the object; crypto never names it), and from when on: loading it costs about as much time as it saves on the
// first few megabytes, so a session that carries less is better served by our own code and the runtime's.

import type { DigestName } from '@sallyport/protocol/algorithms/crypto-provider';

/** chacha20-poly1305@openssh.com; a packet is the 4-byte length and the body, changed in place. */
export interface LibcryptoChachaPoly {
  length(sequenceNumber: number, bytes: Uint8Array, at: number): number;
  seal(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): void;
  open(sequenceNumber: number, packet: Uint8Array, tag: Uint8Array): boolean;
  free(): void;
}

export interface LibcryptoHmac {
  /** Writes the tag of the joined parts to `out`, which has the digest's length. */
  compute(parts: readonly Uint8Array[], out: Uint8Array): void;
  free(): void;
}

export interface Libcrypto {
  readonly chachaPoly: (key: Uint8Array) => LibcryptoChachaPoly;
  readonly hmac: (name: DigestName, key: Uint8Array) => LibcryptoHmac;
}

/** Loads it, tested; undefined where there is none. */
export type LibcryptoProbe = () => Libcrypto | undefined;

const worthLoadingBytes = 4 << 20;

/** Counts what the ciphers and MACs of a provider carry, and loads libcrypto when that is worth it. */
export class Acceleration {
  readonly #probe: LibcryptoProbe | undefined;
  #carriedBytes = 0;
  #found: Libcrypto | undefined;
  #isProbed = false;

  constructor(probe: LibcryptoProbe | undefined) {
    this.#probe = probe;
    this.#isProbed = probe === undefined;
  }

  /** Whether asking again makes no sense. */
  get isHopeless(): boolean {
    return this.#isProbed && this.#found === undefined;
  }

  /** Notes that so many bytes were carried; libcrypto from when on it is worth using. */
  after(bytes: number): Libcrypto | undefined {
    this.#carriedBytes += bytes;
    if (this.#isProbed || this.#carriedBytes < worthLoadingBytes) return this.#found;
    this.#isProbed = true;
    this.#found = this.#probe?.();
    return this.#found;
  }
}
