// The numbers of keys in ASN.1: RSAPrivateKey and RSAPublicKey (RFC 8017 appendix A.1), ECPrivateKey (RFC 5915),
// PrivateKeyInfo (RFC 5958) and SubjectPublicKeyInfo (RFC 5280 section 4.1), Ed25519 in them (RFC 8410), DSA by
// asn1-dsa.ts. What is read is copied; whether the numbers make a key is the CryptoProvider's check.

import type { CryptoProvider, CurveName } from '../../algorithms/crypto-provider.ts';
import { hexDecode, hexEncode } from '../../wire/base64.ts';
import { equalBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { DerReader, derBitString, derElement, derInteger, derTags } from '../../wire/der.ts';
import { bigintFromBytes, bytesFromBigint } from '../../wire/mpint.ts';
import type { DsaPrivateParts, DsaPublicParts } from '../types/dsa-parts.ts';
import type { PrivateParts, PublicParts } from '../types/key-type.ts';
import {
  type DsaParameters,
  readDsaParameters,
  readDsaPrivateNumber,
  readDsaPublicNumber,
  writeDsaParameters,
} from './asn1-dsa.ts';

/** Keys that these structures know. */
export type Asn1PrivateParts = PrivateParts<'rsa'> | PrivateParts<'ecdsa'> | PrivateParts<'ed25519'> | DsaPrivateParts;
export type Asn1PublicParts = PublicParts<'rsa'> | PublicParts<'ecdsa'> | PublicParts<'ed25519'> | DsaPublicParts;

const algorithms = {
  rsa: '2a864886f70d010101',
  ec: '2a8648ce3d0201',
  ed25519: '2b6570',
  dsa: '2a8648ce380401',
} as const;

/** Whether these structures have a place for such a key. */
export function hasAsn1Form<Parts extends { readonly kind: string }>(
  parts: Parts,
): parts is Extract<Parts, { readonly kind: keyof typeof algorithms | 'ecdsa' }> {
  return parts.kind === 'ecdsa' || parts.kind in algorithms;
}

const curves: readonly (readonly [CurveName, string, number])[] = [
  ['nistp256', '2a8648ce3d030107', 32],
  ['nistp384', '2b81040022', 48],
  ['nistp521', '2b81040023', 66],
];
const zero = Uint8Array.of(0);
const one = Uint8Array.of(1);
const seedBytes = 32;

const oid = (hex: string): Uint8Array => derElement(derTags.objectIdentifier, hexDecode(hex));

function curveOf(identifier: string): CurveName {
  const found = curves.find(([, hex]) => hex === identifier);
  if (found === undefined) throw new DecodeError('curve is not one of SSH');
  return found[0];
}

function curveRow(name: CurveName): (typeof curves)[number] {
  return curves.find(([curve]) => curve === name) as (typeof curves)[number];
}

export function readRsaPrivate(der: Uint8Array): PrivateParts<'rsa'> {
  const outer = new DerReader(der);
  const fields = outer.sequence();
  outer.end();
  if (fields.smallInteger() !== 0) throw new DecodeError('RSA key has more than two primes');
  const [n, e, d, p, q] = [number(fields), number(fields), number(fields), number(fields), number(fields)];
  // The exponents by prime follow from the others.
  for (let i = 0; i < 2; i++) fields.integer();
  const iqmp = number(fields);
  fields.end();
  return { kind: 'rsa', n, e, d, p, q, iqmp };
}

const number = (fields: DerReader): Uint8Array => fields.integer().slice();

function reduced(exponent: Uint8Array, prime: Uint8Array): Uint8Array {
  return bytesFromBigint(bigintFromBytes(exponent) % (bigintFromBytes(prime) - 1n));
}

export function writeRsaPrivate(parts: PrivateParts<'rsa'>): Uint8Array {
  const { n, e, d, p, q, iqmp } = parts;
  const numbers = [zero, n, e, d, p, q, reduced(d, p), reduced(d, q), iqmp].map(derInteger);
  const whole = derElement(derTags.sequence, ...numbers);
  for (const element of numbers) element.fill(0);
  return whole;
}

/**
 * The scalar is left-padded to the field; PuTTY writes a zero before high ones. `curve` is given where it stands
 * outside.
 */
export function readEcPrivate(crypto: CryptoProvider, der: Uint8Array, outside?: CurveName): PrivateParts<'ecdsa'> {
  const outer = new DerReader(der);
  const fields = outer.sequence();
  outer.end();
  if (fields.smallInteger() !== 1) throw new DecodeError('EC key of another version');
  const written = fields.read(derTags.octetString);
  let curve = outside;
  if (fields.isNext(derTags.context0)) {
    const named = new DerReader(fields.read(derTags.context0));
    curve = curveOf(hexEncode(named.read(derTags.objectIdentifier)));
    if (outside !== undefined && outside !== curve) throw new DecodeError('EC key names two curves');
  }
  if (curve === undefined) throw new DecodeError('EC key names no curve');
  const [, , fieldBytes] = curveRow(curve);
  const digits = written.length === fieldBytes + 1 && written[0] === 0 ? written.subarray(1) : written;
  if (digits.length > fieldBytes) throw new DecodeError('EC scalar is longer than its field');
  const scalar = new Uint8Array(fieldBytes);
  scalar.set(digits, fieldBytes - digits.length);
  const stated = fields.isNext(derTags.context1)
    ? new DerReader(fields.read(derTags.context1)).bitString().slice()
    : undefined;
  fields.end();
  const publicPoint = stated ?? crypto.publicHalf({ kind: 'ecdsa', curve, scalar });
  if (publicPoint === undefined) throw new DecodeError('EC scalar is none of its curve');
  return { kind: 'ecdsa', curve, scalar, publicPoint };
}

/** Inside PKCS#8 the curve stands outside. */
export function writeEcPrivate(parts: PrivateParts<'ecdsa'>, options: { readonly namesCurve: boolean }): Uint8Array {
  const [, identifier] = curveRow(parts.curve);
  return derElement(
    derTags.sequence,
    derInteger(one),
    derElement(derTags.octetString, parts.scalar),
    options.namesCurve ? derElement(derTags.context0, oid(identifier)) : new Uint8Array(0),
    derElement(derTags.context1, derBitString(parts.publicPoint)),
  );
}

/** PrivateKeyInfo, with or without the public key of version 2. */
export function readPkcs8(crypto: CryptoProvider, der: Uint8Array): Asn1PrivateParts {
  const outer = new DerReader(der);
  const fields = outer.sequence();
  outer.end();
  if (fields.smallInteger() > 1) throw new DecodeError('PKCS#8 key of another version');
  const { algorithm, curve, parameters } = readAlgorithm(fields.sequence());
  const inner = fields.read(derTags.octetString);
  if (fields.isNext(derTags.context0)) fields.read(derTags.context0);
  const stated = fields.isNext(derTags.implicit1) ? fields.read(derTags.implicit1).subarray(1) : undefined;
  fields.end();
  if (algorithm === 'rsa') return readRsaPrivate(inner);
  if (parameters !== undefined) return readDsaPrivateNumber(crypto, parameters, inner);
  if (algorithm === 'ec') return readEcPrivate(crypto, inner, curve);
  const content = new DerReader(inner);
  const seed = content.read(derTags.octetString).slice();
  content.end();
  if (seed.length !== seedBytes) throw new DecodeError('Ed25519 seed is not 32 bytes long');
  const publicKey = crypto.publicHalf({ kind: 'ed25519', seed });
  if (publicKey === undefined) throw new DecodeError('Ed25519 seed is none');
  if (stated !== undefined && !equalBytes(stated, publicKey)) throw new DecodeError('Ed25519 halves differ');
  return { kind: 'ed25519', seed, publicKey };
}

export function writePkcs8(parts: Asn1PrivateParts): Uint8Array {
  const inner = innerKey(parts);
  const whole = derElement(
    derTags.sequence,
    derInteger(zero),
    writeAlgorithm(parts),
    derElement(derTags.octetString, inner),
  );
  inner.fill(0);
  return whole;
}

function innerKey(parts: Asn1PrivateParts): Uint8Array {
  if (parts.kind === 'rsa') return writeRsaPrivate(parts);
  if (parts.kind === 'ecdsa') return writeEcPrivate(parts, { namesCurve: false });
  if (parts.kind === 'dsa') return derInteger(parts.x);
  return derElement(derTags.octetString, parts.seed);
}

export function readRsaPublic(der: Uint8Array): PublicParts<'rsa'> {
  const outer = new DerReader(der);
  const fields = outer.sequence();
  outer.end();
  const n = fields.integer().slice();
  const e = fields.integer().slice();
  fields.end();
  return { kind: 'rsa', n, e };
}

export function writeRsaPublic({ n, e }: Pick<PublicParts<'rsa'>, 'n' | 'e'>): Uint8Array {
  return derElement(derTags.sequence, derInteger(n), derInteger(e));
}

/** SubjectPublicKeyInfo. */
export function readPublicInfo(der: Uint8Array): Asn1PublicParts {
  const outer = new DerReader(der);
  const fields = outer.sequence();
  outer.end();
  const { algorithm, curve, parameters } = readAlgorithm(fields.sequence());
  const bits = fields.bitString().slice();
  fields.end();
  if (algorithm === 'rsa') return readRsaPublic(bits);
  if (algorithm === 'ed25519') return { kind: 'ed25519', publicKey: bits };
  if (parameters !== undefined) return readDsaPublicNumber(parameters, bits);
  if (curve === undefined) throw new DecodeError('EC key names no curve');
  return { kind: 'ecdsa', curve, publicPoint: bits };
}

export function writePublicInfo(parts: Asn1PublicParts): Uint8Array {
  return derElement(derTags.sequence, writeAlgorithm(parts), derBitString(publicBits(parts)));
}

function publicBits(parts: Asn1PublicParts): Uint8Array {
  if (parts.kind === 'rsa') return writeRsaPublic(parts);
  if (parts.kind === 'dsa') return derInteger(parts.y);
  return parts.kind === 'ecdsa' ? parts.publicPoint : parts.publicKey;
}

interface Algorithm {
  readonly algorithm: keyof typeof algorithms;
  readonly curve?: CurveName;
  /** Only of DSA. */
  readonly parameters?: DsaParameters;
}

function readAlgorithm(fields: DerReader): Algorithm {
  const identifier = hexEncode(fields.read(derTags.objectIdentifier));
  if (identifier === algorithms.ec) {
    const curve = curveOf(hexEncode(fields.read(derTags.objectIdentifier)));
    fields.end();
    return { algorithm: 'ec', curve };
  }
  if (identifier === algorithms.ed25519) {
    fields.end();
    return { algorithm: 'ed25519' };
  }
  if (identifier === algorithms.dsa) {
    const parameters = readDsaParameters(fields);
    fields.end();
    return { algorithm: 'dsa', parameters };
  }
  if (identifier !== algorithms.rsa) throw new DecodeError('unknown or unsupported key type');
  if (fields.read(derTags.null).length > 0) throw new DecodeError('RSA key has parameters');
  fields.end();
  return { algorithm: 'rsa' };
}

function writeAlgorithm(parts: Asn1PrivateParts | Asn1PublicParts): Uint8Array {
  if (parts.kind === 'ecdsa') {
    return derElement(derTags.sequence, oid(algorithms.ec), oid(curveRow(parts.curve)[1]));
  }
  if (parts.kind === 'ed25519') return derElement(derTags.sequence, oid(algorithms.ed25519));
  if (parts.kind === 'dsa') return derElement(derTags.sequence, oid(algorithms.dsa), writeDsaParameters(parts));
  return derElement(derTags.sequence, oid(algorithms.rsa), derElement(derTags.null));
}
