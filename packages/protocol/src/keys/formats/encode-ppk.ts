// Writes PuTTY's private key files, versions 2 and 3 (PuTTY manual, appendix C), for the key types that PuTTY knows.
// Version 3 with a passphrase takes its keys from Argon2id; how much work that is goes into the file.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { base64Encode, hexEncode } from '../../wire/base64.ts';
import { Writer } from '../../wire/writer.ts';
import type { PrivateKey } from '../private-key.ts';
import type { AnyPrivateParts } from '../types/key-type.ts';
import { copyParts, wipeParts } from './copy-parts.ts';
import { maximumArgon2Work } from './ppk.ts';
import {
  derivePpkSecrets,
  type PpkHead,
  type PpkKdf,
  type PpkVersion,
  ppkBlockBytes,
  ppkCipher,
  ppkDerivedBytes,
  ppkMac,
  ppkSignature,
} from './ppk-seal.ts';

const columns = 64;
const saltBytes = 16;
/** PuTTY's own. */
const memoryKib = 8192;
const lanes = 1;
export const defaultArgon2Passes = 13;
/** More would not be read back here. */
export const maximumArgon2Passes = maximumArgon2Work / memoryKib;

export interface PpkOptions {
  /** 3 unless told. */
  readonly version?: PpkVersion | undefined;
  /** Absent or empty: the key is written in clear. */
  readonly passphrase?: Uint8Array | undefined;
  /** Replaces the key's own comment. */
  readonly comment?: string | undefined;
  /** Of Argon2, over 8 MiB each; 13 unless told. */
  readonly passes?: number | undefined;
}

/**
 * The file's text; undefined for keys of a type that PuTTY does not know. For version 3 with a passphrase
 * CryptoProvider.prepareArgon2() must have been awaited. @throws RangeError for passes out of bounds
 */
export function encodePpk(crypto: CryptoProvider, key: PrivateKey, options: PpkOptions = {}): string | undefined {
  const { version = 3, passphrase = new Uint8Array(0), passes = defaultArgon2Passes } = options;
  if (!(passes >= 1 && passes <= maximumArgon2Passes)) throw new RangeError('passes of Argon2 are out of bounds');
  const numbers = privateNumbers(key);
  if (numbers === undefined) return undefined;
  const isEncrypted = passphrase.length > 0;
  const head: PpkHead = {
    version,
    encryption: isEncrypted ? ppkCipher : 'none',
    // A header is one line.
    comment: (options.comment ?? key.comment).replaceAll(/[\r\n]/g, ' '),
    publicKey: key.publicKey,
    kdf: isEncrypted && version === 3 ? newKdf(crypto, passes) : undefined,
  };
  const clear = isEncrypted ? padded(crypto, numbers) : numbers;
  const secrets = derivePpkSecrets(crypto, head, passphrase);
  const mac = ppkMac(crypto, head, { clear, macKey: secrets.macKey });
  const data = isEncrypted
    ? crypto.blockCipher(ppkCipher, secrets.key, { iv: secrets.iv, decrypt: false, data: clear })
    : clear;
  const text = formatFile(head, data, mac);
  for (const secret of [numbers, clear, secrets.key, secrets.macKey]) secret.fill(0);
  return text;
}

function newKdf(crypto: CryptoProvider, passes: number): PpkKdf {
  const salt = crypto.random(new Uint8Array(saltBytes));
  return { variant: 'argon2id', options: { salt, memoryKib, passes, lanes, lengthBytes: ppkDerivedBytes } };
}

/** Up to whole blocks; what the padding is does not matter. */
function padded(crypto: CryptoProvider, numbers: Uint8Array): Uint8Array {
  const out = crypto.random(new Uint8Array(Math.ceil(numbers.length / ppkBlockBytes) * ppkBlockBytes));
  out.set(numbers);
  return out;
}

function privateNumbers(key: PrivateKey): Uint8Array | undefined {
  const parts = copyParts(key);
  if (parts === undefined) return undefined;
  const writer = new Writer(1024);
  const isKnown = writeNumbers(writer, parts);
  const numbers = isKnown ? writer.bytes() : undefined;
  writer.wipe();
  wipeParts(parts);
  return numbers;
}

function writeNumbers(writer: Writer, parts: AnyPrivateParts): boolean {
  switch (parts.kind) {
    case 'rsa':
      writer.mpint(parts.d).mpint(parts.p).mpint(parts.q).mpint(parts.iqmp);
      return true;
    case 'ecdsa':
      writer.mpint(parts.scalar);
      return true;
    case 'ed25519':
      writer.string(parts.seed);
      return true;
    case 'dsa':
      writer.mpint(parts.x);
      return true;
    default:
      return false;
  }
}

function formatFile({ version, encryption, comment, publicKey, kdf }: PpkHead, data: Uint8Array, mac: Uint8Array) {
  const lines = [
    `${ppkSignature}${version}: ${publicKey.type}`,
    `Encryption: ${encryption}`,
    `Comment: ${comment}`,
    ...block('Public-Lines', publicKey.blob),
    ...kdfLines(kdf),
    ...block('Private-Lines', data),
    `Private-MAC: ${hexEncode(mac)}`,
  ];
  return `${lines.join('\n')}\n`;
}

function block(name: string, data: Uint8Array): string[] {
  const lines = base64Encode(data).match(new RegExp(`.{1,${columns}}`, 'g')) ?? [];
  return [`${name}: ${lines.length}`, ...lines];
}

function kdfLines(kdf: PpkKdf | undefined): string[] {
  if (kdf === undefined) return [];
  const { salt, memoryKib: memory, passes, lanes: parallelism } = kdf.options;
  return [
    'Key-Derivation: Argon2id',
    `Argon2-Memory: ${memory}`,
    `Argon2-Passes: ${passes}`,
    `Argon2-Parallelism: ${parallelism}`,
    `Argon2-Salt: ${hexEncode(salt)}`,
  ];
}
