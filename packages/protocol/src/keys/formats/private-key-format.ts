// What every format of private key files offers. A file is read in two steps, so that a program may show the public
// half and ask for a passphrase in between.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import type { PrivateKey } from '../private-key.ts';
import type { PublicKey } from '../public-key.ts';

/** The contents of a private key file before its passphrase is known. */
export interface SealedPrivateKey {
  /** Present when the format carries it in clear. */
  readonly publicKey: PublicKey | undefined;
  readonly encrypted: boolean;
  /** Where it is there, to be awaited before open(). */
  readonly prepare?: (crypto: CryptoProvider) => Promise<void>;
  /**
   * The key; undefined when the passphrase is wrong. Without encryption the passphrase is ignored.
   * @throws DecodeError
   */
  open(crypto: CryptoProvider, passphrase: Uint8Array): PrivateKey | undefined;
}

export interface PrivateKeyFormat {
  readonly name: string;
  /** Whether the file claims this format by how it begins. */
  recognises(file: Uint8Array): boolean;
  /** @throws DecodeError */
  decode(file: Uint8Array): SealedPrivateKey;
}
