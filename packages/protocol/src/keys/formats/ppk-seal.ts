// How PuTTY's private key files are sealed (PuTTY manual, appendix C): AES-256-CBC and a MAC over everything, with keys
// from the passphrase, by SHA-1 in version 2 and Argon2 in version 3. Shared by the reader and the writer.

import type { Argon2Options, Argon2Variant, CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { concatBytes } from '../../wire/bytes.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import type { PublicKey } from '../public-key.ts';

export const ppkSignature = 'PuTTY-User-Key-File-';
export const ppkCipher = 'aes256-cbc';
export const ppkBlockBytes = 16;
const [keyBytes, macKeyBytes] = [32, 32];
/** What Argon2 has to yield. */
export const ppkDerivedBytes = keyBytes + ppkBlockBytes + macKeyBytes;
const macLabel = utf8Encode('putty-private-key-file-mac-key');

export type PpkVersion = 2 | 3;

export interface PpkKdf {
  readonly variant: Argon2Variant;
  readonly options: Argon2Options;
}

/** What the MAC covers beside the private numbers. */
export interface PpkHead {
  readonly version: PpkVersion;
  readonly encryption: 'none' | typeof ppkCipher;
  readonly comment: string;
  readonly publicKey: Pick<PublicKey, 'type' | 'blob'>;
  /** Of encrypted files of version 3. */
  readonly kdf: PpkKdf | undefined;
}

/** What a passphrase becomes; empty arrays where nothing is derived. */
export interface PpkSecrets {
  readonly key: Uint8Array;
  readonly iv: Uint8Array;
  readonly macKey: Uint8Array;
}

/** The passphrase counts only where the file is encrypted. Argon2 must be prepared for version 3. */
export function derivePpkSecrets(crypto: CryptoProvider, head: PpkHead, passphrase: Uint8Array): PpkSecrets {
  const { version, encryption, kdf } = head;
  const nothing = new Uint8Array(0);
  const counted = encryption === 'none' ? nothing : passphrase;
  if (version === 2) {
    const halves = [0, 1].map((number) => crypto.digest('sha1', Uint8Array.of(0, 0, 0, number), counted));
    const key = concatBytes(...halves).slice(0, keyBytes);
    return { key, iv: new Uint8Array(ppkBlockBytes), macKey: crypto.digest('sha1', macLabel, counted) };
  }
  if (kdf === undefined) return { key: nothing, iv: nothing, macKey: nothing };
  const derived = crypto.argon2(kdf.variant, counted, kdf.options);
  const secrets = {
    key: derived.slice(0, keyBytes),
    iv: derived.slice(keyBytes, keyBytes + ppkBlockBytes),
    macKey: derived.slice(keyBytes + ppkBlockBytes),
  };
  derived.fill(0);
  return secrets;
}

/** Over the private numbers in clear, padding included. */
export function ppkMac(
  crypto: CryptoProvider,
  { version, encryption, comment, publicKey }: PpkHead,
  { clear, macKey }: { readonly clear: Uint8Array; readonly macKey: Uint8Array },
): Uint8Array {
  const writer = new Writer(4096).string(publicKey.type).string(encryption).string(comment);
  const data = writer.string(publicKey.blob).string(clear).bytes();
  writer.wipe();
  const hmac = crypto.hmac(version === 2 ? 'sha1' : 'sha256', macKey);
  const mac = hmac.compute([data]);
  hmac.free();
  data.fill(0);
  return mac;
}
