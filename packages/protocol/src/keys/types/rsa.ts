// RSA keys (RFC 4253 section 6.6) and their PKCS#1 v1.5 signatures (RFC 8332). Sizes are bounded before anything is
// computed with a key; whether d, p and q belong to n is the CryptoProvider's check.

import { mpint } from '../../codec/fields.ts';
import { struct } from '../../codec/struct.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import type { Reader } from '../../wire/reader.ts';
import type { KeyType, PrivateParts, PublicParts } from './key-type.ts';

export const minimumRsaBits = 1024;
export const maximumRsaBits = 16384;
/** A larger exponent only makes verification expensive. */
const maximumExponentBits = 33;

const publicFields = struct({ e: mpint, n: mpint });
/** In private keys the modulus comes first. */
const publicPrivateFields = struct({ n: mpint, e: mpint });
const secretFields = struct({ d: mpint, iqmp: mpint, p: mpint, q: mpint });

type Secrets = Pick<PrivateParts<'rsa'>, 'd' | 'iqmp' | 'p' | 'q'>;

function bitLength(magnitude: Uint8Array): number {
  const [first] = magnitude;
  return first === undefined ? 0 : (magnitude.length - 1) * 8 + 32 - Math.clz32(first);
}

function isOdd(magnitude: Uint8Array): boolean {
  return ((magnitude.at(-1) ?? 0) & 1) === 1;
}

function checkPublic({ n, e }: { readonly n: Uint8Array; readonly e: Uint8Array }): void {
  const bits = bitLength(n);
  if (bits < minimumRsaBits || bits > maximumRsaBits) throw new DecodeError('RSA modulus has a refused size');
  if (!isOdd(n)) throw new DecodeError('RSA modulus is even');
  const exponentBits = bitLength(e);
  if (!isOdd(e) || exponentBits < 2 || exponentBits > maximumExponentBits) {
    throw new DecodeError('RSA exponent has a refused value');
  }
}

/** Copies of the secret numbers, none of them longer than the modulus. */
function readSecrets(reader: Reader, modulusBytes: number): Secrets {
  const { d, iqmp, p, q } = secretFields.read(reader);
  for (const secret of [d, iqmp, p, q]) {
    if (secret.length === 0 || secret.length > modulusBytes) {
      throw new DecodeError('RSA private number has a wrong size');
    }
  }
  return { d: d.slice(), iqmp: iqmp.slice(), p: p.slice(), q: q.slice() };
}

export const rsa: KeyType<PublicParts<'rsa'>, PrivateParts<'rsa'>> = {
  name: 'ssh-rsa',
  label: 'RSA',
  kind: 'rsa',

  bits: (parts) => bitLength(parts.n),

  readPublic(reader) {
    const fields = publicFields.read(reader);
    checkPublic(fields);
    return { kind: 'rsa', ...fields };
  },

  writePublic(writer, parts) {
    publicFields.write(writer, parts);
  },

  readPrivate(reader) {
    const fields = publicPrivateFields.read(reader);
    checkPublic(fields);
    return { kind: 'rsa', n: fields.n.slice(), e: fields.e.slice(), ...readSecrets(reader, fields.n.length) };
  },

  writePrivate(writer, parts) {
    publicPrivateFields.write(writer, parts);
    secretFields.write(writer, parts);
  },

  readCertifiedPrivate(reader, { n, e }) {
    return { kind: 'rsa', n: n.slice(), e: e.slice(), ...readSecrets(reader, n.length) };
  },

  writeCertifiedPrivate(writer, parts) {
    secretFields.write(writer, parts);
  },

  publicPartsOf(parts) {
    return { kind: 'rsa', n: parts.n, e: parts.e };
  },

  readSignature(reader, parts) {
    const signature = reader.string();
    if (signature.length > parts.n.length) throw new DecodeError('RSA signature is longer than the modulus');
    const padded = new Uint8Array(parts.n.length);
    padded.set(signature, padded.length - signature.length);
    return padded;
  },

  writeSignature(writer, signature) {
    writer.string(signature);
  },
};
