// The numbers of DSA keys in ASN.1: DSAPrivateKey, which is written down only in OpenSSL's programs, Dss-Parms and
// DSAPublicKey (RFC 3279 section 2.3.2), and the private number alone as PKCS#8 has it. What is read is copied.

import type { CryptoProvider } from '../../algorithms/crypto-provider.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import { DerReader, derElement, derInteger, derTags } from '../../wire/der.ts';
import { dsaPublicNumber } from '../types/dsa.ts';
import type { DsaPrivateParts, DsaPublicParts } from '../types/dsa-parts.ts';

export interface DsaParameters {
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  readonly g: Uint8Array;
}

const number = (fields: DerReader): Uint8Array => fields.integer().slice();

/** The one integer that an encoding consists of. */
function onlyNumber(der: Uint8Array): Uint8Array {
  const reader = new DerReader(der);
  const value = number(reader);
  reader.end();
  return value;
}

/** What `BEGIN DSA PRIVATE KEY` holds. */
export function readDsaPrivate(der: Uint8Array): DsaPrivateParts {
  const outer = new DerReader(der);
  const fields = outer.sequence();
  outer.end();
  if (fields.smallInteger() !== 0) throw new DecodeError('DSA key of another version');
  const [p, q, g, y, x] = [number(fields), number(fields), number(fields), number(fields), number(fields)];
  fields.end();
  return { kind: 'dsa', p, q, g, y, x };
}

export function writeDsaPrivate({ p, q, g, y, x }: DsaPrivateParts): Uint8Array {
  const secret = derInteger(x);
  const whole = derElement(derTags.sequence, derInteger(Uint8Array.of(0)), ...[p, q, g, y].map(derInteger), secret);
  secret.fill(0);
  return whole;
}

/** Stands behind the identifier of the algorithm. */
export function readDsaParameters(fields: DerReader): DsaParameters {
  const numbers = fields.sequence();
  const [p, q, g] = [number(numbers), number(numbers), number(numbers)];
  numbers.end();
  return { p, q, g };
}

export function writeDsaParameters({ p, q, g }: DsaParameters): Uint8Array {
  return derElement(derTags.sequence, ...[p, q, g].map(derInteger));
}

/** The private number alone; the public one follows from it. */
export function readDsaPrivateNumber(
  crypto: CryptoProvider,
  parameters: DsaParameters,
  der: Uint8Array,
): DsaPrivateParts {
  const x = onlyNumber(der);
  return { kind: 'dsa', ...parameters, y: dsaPublicNumber(crypto, { ...parameters, x }), x };
}

export function readDsaPublicNumber(parameters: DsaParameters, der: Uint8Array): DsaPublicParts {
  return { kind: 'dsa', ...parameters, y: onlyNumber(der) };
}
