// DSA keys, `ssh-dss` (RFC 4253 section 6.6), for reading and conversion only: OpenSSH dropped them in 10.0, and files
// are still around. There are no signatures and no certificates of this type here. Sizes are bounded before anything is
// computed.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { mpint } from '../../codec/fields.ts';
import { struct } from '../../codec/struct.ts';
import { equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { bigintFromBytes } from '../../wire/mpint.ts';
import type { DsaPrivateParts, DsaPublicParts } from './dsa-parts.ts';
import type { KeyType } from './key-type.ts';

const sizes = { p: { least: 512, most: 8192 }, q: { least: 160, most: 512 } } as const;
const publicFields = struct({ p: mpint, q: mpint, g: mpint, y: mpint });
const privateFields = struct({ p: mpint, q: mpint, g: mpint, y: mpint, x: mpint });
const noSignatures = 'DSA keys are converted and used for nothing else';

type DsaNumbers = Omit<DsaPublicParts, 'kind'>;

function bitLength(magnitude: Uint8Array): number {
  const [first] = magnitude;
  return first === undefined ? 0 : (magnitude.length - 1) * 8 + 32 - Math.clz32(first);
}

function checkSize(name: 'p' | 'q', magnitude: Uint8Array): void {
  const bits = bitLength(magnitude);
  if (bits < sizes[name].least || bits > sizes[name].most) throw new DecodeError(`DSA ${name} has a refused size`);
  if (((magnitude.at(-1) ?? 0) & 1) === 0) throw new DecodeError(`DSA ${name} is even`);
}

function checkPublic({ p, q, g, y }: DsaNumbers): void {
  checkSize('p', p);
  checkSize('q', q);
  if (q.length > p.length || g.length > p.length || y.length > p.length)
    throw new DecodeError('DSA number is too long');
  const modulus = bigintFromBytes(p);
  for (const value of [bigintFromBytes(g), bigintFromBytes(y)]) {
    if (value < 2n || value >= modulus) throw new DecodeError('DSA number is out of its range');
  }
}

/** The public number of a private one. @throws DecodeError for numbers of a size that is refused */
export function dsaPublicNumber(
  crypto: CryptoProvider,
  { p, q, g, x }: Pick<DsaPrivateParts, 'p' | 'q' | 'g' | 'x'>,
): Uint8Array {
  checkSize('p', p);
  checkSize('q', q);
  if (g.length > p.length || x.length > q.length) throw new DecodeError('DSA number is too long');
  const padded = crypto.modExp(g, x, p);
  return padded.slice(padded.findIndex((byte) => byte !== 0));
}

/** Whether the numbers belong together: q divides p - 1, x is below q, and y is its power of g. */
export function isDsaConsistent(crypto: CryptoProvider, parts: DsaPrivateParts): boolean {
  const [p, q, x] = [bigintFromBytes(parts.p), bigintFromBytes(parts.q), bigintFromBytes(parts.x)];
  if (x < 1n || x >= q || (p - 1n) % q !== 0n) return false;
  return equalBytes(dsaPublicNumber(crypto, parts), parts.y);
}

function refuse(): never {
  throw new DecodeError(noSignatures);
}

export const dsa: KeyType<DsaPublicParts, DsaPrivateParts> = {
  name: 'ssh-dss',
  label: 'DSA',
  kind: 'dsa',
  isForConversion: true,

  bits: (parts) => bitLength(parts.p),

  readPublic(reader) {
    const fields = publicFields.read(reader);
    checkPublic(fields);
    return { kind: 'dsa', ...fields };
  },

  writePublic(writer, parts) {
    publicFields.write(writer, parts);
  },

  readPrivate(reader) {
    const { p, q, g, y, x } = privateFields.read(reader);
    checkPublic({ p, q, g, y });
    if (x.length === 0 || x.length > q.length) throw new DecodeError('DSA private number has a wrong size');
    return { kind: 'dsa', p: p.slice(), q: q.slice(), g: g.slice(), y: y.slice(), x: x.slice() };
  },

  writePrivate(writer, parts) {
    privateFields.write(writer, parts);
  },

  readCertifiedPrivate: refuse,
  writeCertifiedPrivate: refuse,

  publicPartsOf({ p, q, g, y }) {
    return { kind: 'dsa', p, q, g, y };
  },

  readSignature: refuse,
  writeSignature: refuse,
};
