// Private keys: making them, and reading and writing the files that they are kept in: OpenSSH's own, PEM, PKCS#8 and
// PuTTY's. What the formats are is the protocol package's; passphrases and files are here.

import { createCryptoProvider } from '@sallyport/crypto';
import type { CryptoProvider, CurveName } from '@sallyport/protocol/algorithms/crypto-provider';
import { encodePpk } from '@sallyport/protocol/keys/formats/encode-ppk';
import { encodeOpensshKeyV1 } from '@sallyport/protocol/keys/formats/openssh-key-v1';
import { encodePem } from '@sallyport/protocol/keys/formats/pem-private';
import { decodePrivateKeyFile } from '@sallyport/protocol/keys/formats/private-key-file';
import { PrivateKey } from '@sallyport/protocol/keys/private-key';
import { maximumRsaBits, minimumRsaBits } from '@sallyport/protocol/keys/types/rsa';
import { isForConversion } from '@sallyport/protocol/keys/types/table';
import { utf8Encode } from '@sallyport/protocol/wire/utf8';
import { KeyError } from '../errors.ts';
import { decoded, readKeyFile } from './decoded.ts';

export interface NewKey {
  /** `ed25519` unless told; of ML-DSA only OpenSSH 10.5 knows. Keys in tokens are made by their tokens, not here. */
  readonly type?: Parameters<CryptoProvider['generateKey']>[0];
  /** Of an ECDSA key; `nistp256` unless told. */
  readonly curve?: CurveName;
  /** Of an RSA key, 1024 to 16384; 3072 unless told. */
  readonly bits?: number;
  readonly comment?: string;
}

/**
 * A new key, Ed25519 unless told. RSA takes its time, in which nothing else runs: about a second for 4096 bits.
 * @throws RangeError for bits out of bounds
 */
export function generatePrivateKey({ type = 'ed25519', curve, bits, comment }: NewKey = {}): PrivateKey {
  if (bits !== undefined && !(Number.isInteger(bits) && bits >= minimumRsaBits && bits <= maximumRsaBits)) {
    throw new RangeError(`an RSA key has ${minimumRsaBits} to ${maximumRsaBits} bits`);
  }
  const options = { ...(curve === undefined ? {} : { curve }), ...(bits === undefined ? {} : { bits }) };
  return new PrivateKey(createCryptoProvider().generateKey(type, options), comment);
}

/**
 * The key of a file's contents in any format that is known: openssh-key-v1, PEM (PKCS#1, SEC1), PKCS#8, ppk 2 and 3.
 * Rejects with KeyError `key-malformed`, `passphrase-missing`, `passphrase-wrong`, or `key-unsupported` for DSA keys.
 */
export async function parsePrivateKey(file: string | Uint8Array, passphrase?: string): Promise<PrivateKey> {
  if (typeof file !== 'string') return await openKey(file, 'private key', passphrase);
  return await openAndWipe(utf8Encode(file), 'private key', passphrase);
}

/** The same for a file by its path; `local-failed` when it cannot be read, its `cause` says why. */
export async function readPrivateKey(path: string, passphrase?: string): Promise<PrivateKey> {
  return await openAndWipe(await readKeyFile(path), path, passphrase);
}

/** For contents that are ours. */
async function openAndWipe(file: Uint8Array, name: string, passphrase: string | undefined): Promise<PrivateKey> {
  try {
    return await openKey(file, name, passphrase);
  } finally {
    file.fill(0);
  }
}

async function openKey(file: Uint8Array, name: string, passphrase: string | undefined): Promise<PrivateKey> {
  const crypto = createCryptoProvider();
  const sealed = decoded(name, () => decodePrivateKeyFile(file));
  if (sealed.encrypted && passphrase === undefined) {
    throw new KeyError('passphrase-missing', `${name} needs a passphrase`);
  }
  await sealed.prepare?.(crypto);
  const key = decoded(name, () => {
    const word = utf8Encode(passphrase ?? '');
    try {
      return sealed.open(crypto, word);
    } finally {
      word.fill(0);
    }
  });
  if (key === undefined) throw new KeyError('passphrase-wrong', `wrong passphrase for ${name}`);
  if (isForConversion(key.publicKey.type)) {
    throw new KeyError('key-unsupported', `${name} is of an unsupported key type, ${key.publicKey.type}`);
  }
  return key;
}

export interface PrivateKeyFileOptions {
  /**
   * OpenSSH's own unless told; PEM is PKCS#1 or SEC1. Ed25519 has no PEM, keys of tokens and of ML-DSA only OpenSSH's.
   */
  readonly format?: 'openssh' | 'PEM' | 'PKCS8' | 'ppk';
  /** Without one, or with an empty one, the file is not encrypted. */
  readonly passphrase?: string;
  /** Instead of the key's own; only OpenSSH's format and ppk have one. */
  readonly comment?: string;
}

/** A file's text; write it with mode 0600. Rejects with KeyError `key-unsupported` when the key has no such form. */
export async function formatPrivateKey(key: PrivateKey, options: PrivateKeyFileOptions = {}): Promise<string> {
  const { format = 'openssh', comment } = options;
  const crypto = createCryptoProvider();
  if (format === 'ppk') await crypto.prepareArgon2();
  const passphrase = utf8Encode(options.passphrase ?? '');
  const encoders = {
    openssh: () => encodeOpensshKeyV1(crypto, key, { passphrase, comment }),
    ppk: () => encodePpk(crypto, key, { passphrase, comment }),
    PEM: () => encodePem(crypto, key, { variant: 'PEM', passphrase }),
    PKCS8: () => encodePem(crypto, key, { variant: 'PKCS8', passphrase }),
  };
  const text = encoders[format]();
  passphrase.fill(0);
  if (text === undefined) throw new KeyError('key-unsupported', `a key of type ${key.publicKey.type} has no ${format}`);
  return text;
}
