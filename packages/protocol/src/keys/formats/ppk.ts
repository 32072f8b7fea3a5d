// PuTTY's private key files, versions 2 and 3 (PuTTY manual, appendix C): headers, the public key in clear, the private
// numbers behind AES-256-CBC if there is a passphrase, and a MAC over everything. Here they are read; encode-ppk.ts
// writes them. What a file may ask of Argon2 is bounded.

import type { Argon2Variant, CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { base64Decode, hexDecode } from '../../wire/base64.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { Reader } from '../../wire/reader.ts';
import { utf8Decode } from '../../wire/utf8.ts';
import { PrivateKey } from '../private-key.ts';
import { decodePublicKey, type PublicKey } from '../public-key.ts';
import type { AnyPrivateParts } from '../types/key-type.ts';
import {
  derivePpkSecrets,
  type PpkHead,
  type PpkKdf,
  ppkBlockBytes,
  ppkCipher,
  ppkDerivedBytes,
  ppkMac,
  ppkSignature,
} from './ppk-seal.ts';
import type { PrivateKeyFormat, SealedPrivateKey } from './private-key-format.ts';

const maximumLines = 4096;
/** KiB times passes: some seconds of work. */
export const maximumArgon2Work = 1 << 21;
const maximumArgon2Lanes = 16;
const saltBounds = { least: 8, most: 1024 } as const;
const variants: Readonly<Record<string, Argon2Variant>> = {
  Argon2d: 'argon2d',
  Argon2i: 'argon2i',
  Argon2id: 'argon2id',
};

interface PuttyFile extends PpkHead {
  readonly publicKey: PublicKey;
  readonly sealed: Uint8Array;
  readonly mac: Uint8Array;
}

export const ppk: PrivateKeyFormat = {
  name: 'ppk',
  recognises: (file) => utf8Decode(file.subarray(0, ppkSignature.length)) === ppkSignature,
  decode: (file) => sealedOf(readFile(file)),
};

function sealedOf(file: PuttyFile): SealedPrivateKey {
  return {
    publicKey: file.publicKey,
    encrypted: file.encryption !== 'none',
    ...(file.kdf === undefined ? {} : { prepare: (crypto: CryptoProvider) => crypto.prepareArgon2() }),
    open: (crypto, passphrase) => openFile(crypto, file, passphrase),
  };
}

function openFile(crypto: CryptoProvider, file: PuttyFile, passphrase: Uint8Array): PrivateKey | undefined {
  const isEncrypted = file.encryption !== 'none';
  const { key, iv, macKey } = derivePpkSecrets(crypto, file, passphrase);
  const clear = isEncrypted
    ? crypto.blockCipher(ppkCipher, key, { iv, decrypt: true, data: file.sealed })
    : file.sealed.slice();
  try {
    const isRight = crypto.equal(ppkMac(crypto, file, { clear, macKey }), file.mac);
    if (!isRight && isEncrypted) return undefined;
    if (!isRight) throw new DecodeError('PuTTY key file is damaged');
    return keyOf(crypto, file, clear);
  } finally {
    for (const secret of [clear, key, macKey]) secret.fill(0);
  }
}

/** The private numbers stand before padding of any bytes. */
function keyOf(crypto: CryptoProvider, { publicKey, comment }: PuttyFile, clear: Uint8Array): PrivateKey {
  const key = new PrivateKey(readParts(publicKey, new Reader(clear)), comment);
  if (key.isConsistent(crypto)) return key;
  key.wipe();
  throw new DecodeError('private key does not belong to the public key');
}

function readParts({ parts }: PublicKey, reader: Reader): AnyPrivateParts {
  switch (parts.kind) {
    case 'rsa': {
      const number = (): Uint8Array => reader.mpintBytes().slice();
      const [d, p, q, iqmp] = [number(), number(), number(), number()];
      return { ...parts, d, p, q, iqmp };
    }
    case 'ecdsa': {
      const digits = reader.mpintBytes();
      const scalar = new Uint8Array((parts.publicPoint.length - 1) / 2);
      if (digits.length > scalar.length) throw new DecodeError('ECDSA number is longer than its curve');
      scalar.set(digits, scalar.length - digits.length);
      return { ...parts, scalar };
    }
    case 'ed25519':
      return { ...parts, seed: reader.string().slice() };
    case 'dsa':
      return { ...parts, x: reader.mpintBytes().slice() };
    default:
      throw new DecodeError('unknown or unsupported key type');
  }
}

function readFile(file: Uint8Array): PuttyFile {
  const lines = new Lines(utf8Decode(file));
  const [name, type] = lines.header();
  const version = name === `${ppkSignature}2` ? 2 : name === `${ppkSignature}3` ? 3 : undefined;
  if (version === undefined) throw new DecodeError('PuTTY key file of an unknown version');
  const encryption = lines.value('Encryption');
  if (encryption !== 'none' && encryption !== ppkCipher) throw new DecodeError('PuTTY key file has an unknown cipher');
  const comment = lines.value('Comment');
  const publicKey = decodePublicKey(lines.block('Public-Lines'));
  if (publicKey.type !== type) throw new DecodeError('PuTTY key file names another type than its key');
  const kdf = version === 3 && encryption !== 'none' ? readKdf(lines) : undefined;
  const sealed = lines.block('Private-Lines');
  if (encryption !== 'none' && (sealed.length === 0 || sealed.length % ppkBlockBytes !== 0)) {
    throw new DecodeError('PuTTY key file is no whole block');
  }
  return { version, encryption, comment, publicKey, kdf, sealed, mac: hexDecode(lines.value('Private-MAC')) };
}

function readKdf(lines: Lines): PpkKdf {
  const variant = variants[lines.value('Key-Derivation')];
  if (variant === undefined) throw new DecodeError('PuTTY key file has an unknown KDF');
  const memoryKib = lines.number('Argon2-Memory');
  const passes = lines.number('Argon2-Passes');
  const lanes = lines.number('Argon2-Parallelism');
  const salt = hexDecode(lines.value('Argon2-Salt'));
  const isBounded = passes >= 1 && lanes >= 1 && lanes <= maximumArgon2Lanes && memoryKib >= 8 * lanes;
  if (!isBounded || memoryKib * passes > maximumArgon2Work) throw new DecodeError('Argon2 parameters are refused');
  if (salt.length < saltBounds.least || salt.length > saltBounds.most) throw new DecodeError('Argon2 salt is refused');
  return { variant, options: { salt, memoryKib, passes, lanes, lengthBytes: ppkDerivedBytes } };
}

/** The lines of the file in their fixed order. */
class Lines {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split(/\r\n|\n|\r/);
    if (this.#lines.length > maximumLines) throw new DecodeError('PuTTY key file is too long');
  }

  header(): readonly [name: string, value: string] {
    const line = this.#lines[this.#at++] ?? '';
    const colon = line.indexOf(': ');
    if (colon < 0) throw new DecodeError('PuTTY key file has a line that is no header');
    return [line.slice(0, colon), line.slice(colon + 2)];
  }

  value(wanted: string): string {
    const [name, value] = this.header();
    if (name !== wanted) throw new DecodeError(`PuTTY key file has no ${wanted} where it belongs`);
    return value;
  }

  number(wanted: string): number {
    const text = this.value(wanted);
    if (!/^\d{1,9}$/.test(text)) throw new DecodeError(`${wanted} is no number`);
    return Number(text);
  }

  /** So many lines of base64. */
  block(wanted: string): Uint8Array {
    const count = this.number(wanted);
    if (count > this.#lines.length - this.#at) throw new DecodeError('PuTTY key file ends early');
    const digits = this.#lines.slice(this.#at, this.#at + count).join('');
    this.#at += count;
    return base64Decode(digits);
  }
}
