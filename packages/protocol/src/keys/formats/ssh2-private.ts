// The private key file of SSH Communications' programs (`SSH2 ENCRYPTED PRIVATE KEY`), which is written down nowhere: a
// magic number, a type, a cipher, and the numbers with their lengths in bits. As OpenSSH did, RSA and DSA keys that are
// not encrypted are read.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { bigintFromBytes, bytesFromBigint } from '../../wire/mpint.ts';
import { Reader } from '../../wire/reader.ts';
import { PrivateKey } from '../private-key.ts';
import type { DsaPrivateParts } from '../types/dsa-parts.ts';
import type { PrivateParts } from '../types/key-type.ts';
import { armorLabel, decodeArmor, rfc4716Style } from './armor.ts';
import type { PrivateKeyFormat } from './private-key-format.ts';

const label = 'SSH2 ENCRYPTED PRIVATE KEY';
const magic = 0x3f6ff9eb;
const maximumBits = 16_384;
const maximumExponentBytes = 8;

export const ssh2PrivateKey: PrivateKeyFormat = {
  name: label,
  recognises: (file) => armorLabel(file, rfc4716Style) === label,
  decode(file) {
    const { data } = decodeArmor(file, rfc4716Style);
    return { publicKey: undefined, encrypted: false, open: (crypto) => readKey(crypto, data) };
  },
};

function readKey(crypto: CryptoProvider, data: Uint8Array): PrivateKey {
  const reader = new Reader(data);
  if (reader.uint32() !== magic) throw new DecodeError('no SSH2 private key');
  // The length of the whole.
  reader.uint32();
  const type = reader.text();
  if (reader.text() !== 'none') throw new DecodeError('SSH2 private key is encrypted');
  const isDsa = type.includes('dsa');
  if (!isDsa && !type.includes('rsa')) throw new DecodeError('SSH2 private key is of an unknown type');
  // Lengths of what follows, with and without its checksum.
  reader.uint32();
  reader.uint32();
  const key = new PrivateKey(isDsa ? readDsaParts(reader) : readRsaParts(reader));
  if (key.isConsistent(crypto)) return key;
  key.wipe();
  throw new DecodeError('numbers make no key');
}

function readRsaParts(reader: Reader): PrivateParts<'rsa'> {
  const e = readExponent(reader);
  const [d, n, iqmp, q, p] = [number(reader), number(reader), number(reader), number(reader), number(reader)];
  return { kind: 'rsa', n, e, d, p, q, iqmp };
}

function readDsaParts(reader: Reader): DsaPrivateParts {
  if (reader.uint32() !== 0) throw new DecodeError('DSA parameters do not stand in the file');
  const [p, g, q, y, x] = [number(reader), number(reader), number(reader), number(reader), number(reader)];
  return { kind: 'dsa', p, q, g, y, x };
}

/** A byte that is the length of the exponent in bits when it is small, and the number of its bytes otherwise. */
function readExponent(reader: Reader): Uint8Array {
  const bits = reader.uint32();
  const count = Math.ceil(bits / 8);
  if (count === 0 || count > maximumExponentBytes) throw new DecodeError('RSA exponent has a refused size');
  return bytesFromBigint(bigintFromBytes(reader.take(count)));
}

/** A number behind its length in bits. */
function number(reader: Reader): Uint8Array {
  const bits = reader.uint32();
  if (bits === 0 || bits > maximumBits) throw new DecodeError('RSA number has a refused size');
  return reader.take(Math.ceil(bits / 8)).slice();
}
