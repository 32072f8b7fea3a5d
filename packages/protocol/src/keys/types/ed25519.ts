// Ed25519 keys and signatures (RFC 8709). The private field of openssh-key-v1 is the seed followed by the public key,
// and the public key stands there a second time; both must agree.

import { bytes, fixed } from '../../codec/fields.ts';
import { struct } from '../../codec/struct.ts';
import { concatBytes, equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import type { Reader } from '../../wire/reader.ts';
import type { Writer } from '../../wire/writer.ts';
import type { KeyType, PrivateParts, PublicParts } from './key-type.ts';

const keyBytes = 32;
const signatureBytes = 64;
const privateFields = struct({ publicKey: bytes, secret: bytes });
const secretFields = struct({ seed: fixed(keyBytes), publicKey: fixed(keyBytes) });

function exactly(reader: Reader, count: number): Uint8Array {
  const value = reader.string();
  if (value.length !== count) throw new DecodeError(`Ed25519 field is not ${count} bytes long`);
  return value;
}

function readPrivate(reader: Reader): PrivateParts<'ed25519'> {
  const { publicKey, secret } = privateFields.read(reader);
  const { seed, publicKey: again } = secretFields.decode(secret);
  if (!equalBytes(publicKey, again)) throw new DecodeError('Ed25519 public and private fields differ');
  return { kind: 'ed25519', seed: seed.slice(), publicKey: publicKey.slice() };
}

function writePrivate(writer: Writer, parts: PrivateParts<'ed25519'>): void {
  const secret = concatBytes(parts.seed, parts.publicKey);
  privateFields.write(writer, { publicKey: parts.publicKey, secret });
  secret.fill(0);
}

export const ed25519: KeyType<PublicParts<'ed25519'>, PrivateParts<'ed25519'>> = {
  name: 'ssh-ed25519',
  label: 'ED25519',
  kind: 'ed25519',

  bits: () => keyBytes * 8,

  readPublic(reader) {
    return { kind: 'ed25519', publicKey: exactly(reader, keyBytes) };
  },

  writePublic(writer, parts) {
    writer.string(parts.publicKey);
  },

  readPrivate,
  writePrivate,
  // The public key stands there again.
  readCertifiedPrivate: readPrivate,
  writeCertifiedPrivate: writePrivate,

  publicPartsOf(parts) {
    return { kind: 'ed25519', publicKey: parts.publicKey };
  },

  readSignature(reader) {
    return exactly(reader, signatureBytes);
  },

  writeSignature(writer, signature) {
    writer.string(signature);
  },
};
