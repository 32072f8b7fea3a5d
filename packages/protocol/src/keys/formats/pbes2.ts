// Encrypted PKCS#8 (RFC 5958 section 3) with PBES2 (RFC 8018 section 6.2): PBKDF2 over HMAC-SHA-1 or SHA-2, then AES or
// triple DES in CBC mode. How much work a file may ask for is bounded; scrypt and older schemes are not read.

import type { BlockCipherName, CryptoProvider, DigestName } from '../../algorithms/crypto-provider.ts';
import { hexDecode, hexEncode } from '../../wire/base64.ts';
import { writeUint32 } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { DerReader, derElement, derInteger, derTags } from '../../wire/der.ts';
import { addPadding, removePadding } from './block-padding.ts';

const identifiers = { pbes2: '2a864886f70d01050d', pbkdf2: '2a864886f70d01050c' } as const;
const digests: readonly (readonly [DigestName, string])[] = [
  ['sha256', '2a864886f70d0209'],
  ['sha1', '2a864886f70d0207'],
  ['sha384', '2a864886f70d020a'],
  ['sha512', '2a864886f70d020b'],
];
const ciphers: readonly (readonly [BlockCipherName, string, keyBytes: number, blockBytes: number])[] = [
  ['aes256-cbc', '60864801650304012a', 32, 16],
  ['aes192-cbc', '608648016503040116', 24, 16],
  ['aes128-cbc', '608648016503040102', 16, 16],
  ['3des-cbc', '2a864886f70d0307', 24, 8],
];
/** Several seconds of work. */
const maximumIterations = 10_000_000;
const maximumSaltBytes = 1024;
const newSaltBytes = 16;
const newIterations = 210_000;

const oid = (hex: string): Uint8Array => derElement(derTags.objectIdentifier, hexDecode(hex));

interface Scheme {
  readonly digest: DigestName;
  readonly salt: Uint8Array;
  readonly iterations: number;
  readonly cipher: (typeof ciphers)[number];
  readonly iv: Uint8Array;
}

export interface SealedPkcs8 {
  readonly scheme: Scheme;
  readonly data: Uint8Array;
}

/** @throws DecodeError for schemes that are not read here */
export function readSealedPkcs8(der: Uint8Array): SealedPkcs8 {
  const outer = new DerReader(der);
  const fields = outer.sequence();
  outer.end();
  const algorithm = fields.sequence();
  const data = fields.read(derTags.octetString).slice();
  fields.end();
  if (hexEncode(algorithm.read(derTags.objectIdentifier)) !== identifiers.pbes2) {
    throw new DecodeError('PKCS#8 file has an unknown encryption');
  }
  const parameters = algorithm.sequence();
  algorithm.end();
  const kdf = parameters.sequence();
  if (hexEncode(kdf.read(derTags.objectIdentifier)) !== identifiers.pbkdf2) {
    throw new DecodeError('PKCS#8 file has an unknown KDF');
  }
  const scheme = { ...readKdf(kdf.sequence()), ...readCipher(parameters.sequence()) };
  const [, , , blockBytes] = scheme.cipher;
  if (data.length === 0 || data.length % blockBytes !== 0) throw new DecodeError('PKCS#8 file is no whole block');
  return { scheme, data };
}

function readKdf(fields: DerReader): Pick<Scheme, 'digest' | 'salt' | 'iterations'> {
  const salt = fields.read(derTags.octetString).slice();
  const iterations = fields.smallInteger();
  if (fields.isNext(derTags.integer)) fields.smallInteger();
  let digest: DigestName = 'sha1';
  if (fields.isNext(derTags.sequence)) {
    const named = fields.sequence();
    const identifier = hexEncode(named.read(derTags.objectIdentifier));
    const found = digests.find(([, hex]) => hex === identifier);
    if (found === undefined) throw new DecodeError('PKCS#8 file has an unknown digest');
    [digest] = found;
  }
  fields.end();
  if (salt.length === 0 || salt.length > maximumSaltBytes) throw new DecodeError('KDF salt has a refused length');
  if (iterations === 0 || iterations > maximumIterations) throw new DecodeError('KDF iterations are out of bounds');
  return { digest, salt, iterations };
}

function readCipher(fields: DerReader): Pick<Scheme, 'cipher' | 'iv'> {
  const identifier = hexEncode(fields.read(derTags.objectIdentifier));
  const cipher = ciphers.find(([, hex]) => hex === identifier);
  if (cipher === undefined) throw new DecodeError('PKCS#8 file has an unknown cipher');
  const iv = fields.read(derTags.octetString).slice();
  fields.end();
  if (iv.length !== cipher[3]) throw new DecodeError('PKCS#8 file has a wrong initial vector');
  return { cipher, iv };
}

/**
 * The PrivateKeyInfo, which the caller wipes; undefined when the passphrase is wrong, or, once in 256 times, something
 * else that is none.
 */
export function openPkcs8(
  crypto: CryptoProvider,
  { scheme, data }: SealedPkcs8,
  passphrase: Uint8Array,
): Uint8Array | undefined {
  const { digest, salt, iterations, iv } = scheme;
  const [name, , keyBytes, blockBytes] = scheme.cipher;
  const key = crypto.pbkdf2(digest, passphrase, { salt, iterations, lengthBytes: keyBytes });
  const clear = crypto.blockCipher(name, key, { iv, decrypt: true, data });
  key.fill(0);
  const bare = removePadding(clear, blockBytes)?.slice();
  clear.fill(0);
  return bare;
}

/** EncryptedPrivateKeyInfo with AES-256 and HMAC-SHA-256. */
export function sealPkcs8(crypto: CryptoProvider, clear: Uint8Array, passphrase: Uint8Array): Uint8Array {
  const [name, cipher, keyBytes, blockBytes] = ciphers[0] as (typeof ciphers)[number];
  const [digest, identifier] = digests[0] as (typeof digests)[number];
  const salt = crypto.random(new Uint8Array(newSaltBytes));
  const iv = crypto.random(new Uint8Array(blockBytes));
  const key = crypto.pbkdf2(digest, passphrase, { salt, iterations: newIterations, lengthBytes: keyBytes });
  const padded = addPadding(clear, blockBytes);
  const data = crypto.blockCipher(name, key, { iv, decrypt: false, data: padded });
  for (const secret of [key, padded]) secret.fill(0);
  const iterations = new Uint8Array(4);
  writeUint32(iterations, 0, newIterations);
  const kdf = derElement(
    derTags.sequence,
    derElement(derTags.octetString, salt),
    derInteger(iterations),
    derElement(derTags.sequence, oid(identifier), derElement(derTags.null)),
  );
  const scheme = derElement(
    derTags.sequence,
    derElement(derTags.sequence, oid(identifiers.pbkdf2), kdf),
    derElement(derTags.sequence, oid(cipher), derElement(derTags.octetString, iv)),
  );
  const algorithm = derElement(derTags.sequence, oid(identifiers.pbes2), scheme);
  return derElement(derTags.sequence, algorithm, derElement(derTags.octetString, data));
}
