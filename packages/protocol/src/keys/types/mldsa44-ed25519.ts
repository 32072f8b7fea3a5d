// Keys of ML-DSA-44 and Ed25519 together (draft-miller-sshm-mldsa44-ed25519-composite-sigs-00), as OpenSSH 10.5 has
// them: public keys, seeds and signatures of both halves stand one behind the other in one field each. Whether seeds
// and public key belong together is the CryptoProvider's check.

import { DecodeError } from '../../wire/decode-error.ts';
import type { Reader } from '../../wire/reader.ts';
import type { KeyType, PrivateParts, PublicParts } from './key-type.ts';

const publicKeyBytes = 1312 + 32;
const seedsBytes = 32 + 32;
const signatureBytes = 2420 + 64;
/** What OpenSSH says of it. */
const bits = 256;

type CompositePublicParts = PublicParts<'mldsa44-ed25519'>;

function exactly(reader: Reader, count: number): Uint8Array {
  const value = reader.string();
  if (value.length !== count) throw new DecodeError(`ML-DSA-44 and Ed25519 field is not ${count} bytes long`);
  return value;
}

export const mldsa44Ed25519: KeyType<CompositePublicParts, PrivateParts<'mldsa44-ed25519'>> = {
  name: 'ssh-mldsa44-ed25519@openssh.com',
  label: 'MLDSA44-ED25519',
  kind: 'mldsa44-ed25519',

  bits: () => bits,

  readPublic(reader) {
    return { kind: 'mldsa44-ed25519', publicKey: exactly(reader, publicKeyBytes) };
  },

  writePublic(writer, parts) {
    writer.string(parts.publicKey);
  },

  readPrivate(reader) {
    const publicKey = exactly(reader, publicKeyBytes).slice();
    return { kind: 'mldsa44-ed25519', seeds: exactly(reader, seedsBytes).slice(), publicKey };
  },

  writePrivate(writer, parts) {
    writer.string(parts.publicKey).string(parts.seeds);
  },

  readCertifiedPrivate(reader, { publicKey }) {
    const seeds = exactly(reader, seedsBytes).slice();
    return { kind: 'mldsa44-ed25519', seeds, publicKey: publicKey.slice() };
  },

  writeCertifiedPrivate(writer, parts) {
    writer.string(parts.seeds);
  },

  publicPartsOf(parts) {
    return { kind: 'mldsa44-ed25519', publicKey: parts.publicKey };
  },

  readSignature(reader) {
    return exactly(reader, signatureBytes);
  },

  writeSignature(writer, signature) {
    writer.string(signature);
  },
};
