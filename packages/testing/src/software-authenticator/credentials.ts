// The keys of the software authenticator: made, found by what a request says, and signing (Web Authentication,
// section 6.1: authenticator data).

import { createHash, randomBytes } from 'node:crypto';
import { createCryptoProvider } from '@sallyport/crypto';
import type { PrivateKeyParts } from '@sallyport/protocol/algorithms/crypto-provider';
import { type Cbor, type CborMap, encodeCbor } from './cbor.ts';

export const coseAlgorithms = { es256: -7, eddsa: -8 } as const;
export const dataFlags = { userPresent: 0x01, userVerified: 0x04, attested: 0x40, extensions: 0x80 } as const;
/** credProtect: whether a key is found without its handle, and without its user. */
export const protections = { none: 1, needsHandle: 2, needsUser: 3 } as const;

const crypto = createCryptoProvider();
const handleBytes = 48;
const numberBytes = 32;

export interface Credential {
  readonly id: Buffer;
  readonly application: string;
  readonly user: CborMap;
  readonly algorithm: number;
  readonly isResident: boolean;
  readonly protection: number;
  readonly key: PrivateKeyParts;
}

export function makeCredential(given: Omit<Credential, 'id' | 'key'>): Credential {
  const key =
    given.algorithm === coseAlgorithms.eddsa
      ? crypto.generateKey('ed25519')
      : crypto.generateKey('ecdsa', { curve: 'nistp256' });
  return { ...given, id: randomBytes(handleBytes), key };
}

export const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();

/** A COSE key (RFC 9053 section 7). */
export function publicKeyOf({ key }: Credential): CborMap {
  if (key.kind === 'ed25519') {
    return new Map<number, Cbor>([
      [1, 1],
      [3, coseAlgorithms.eddsa],
      [-1, 6],
      [-2, key.publicKey],
    ]);
  }
  if (key.kind !== 'ecdsa') throw new Error('not a key of an authenticator');
  return new Map<number, Cbor>([
    [1, 2],
    [3, coseAlgorithms.es256],
    [-1, 1],
    [-2, key.publicPoint.subarray(1, 1 + numberBytes)],
    [-3, key.publicPoint.subarray(1 + numberBytes)],
  ]);
}

export interface DataOfAuthenticator {
  readonly application: string;
  readonly flags: number;
  readonly counter: number;
  /** Of a credential that was made just now. */
  readonly attested?: Credential;
}

export function authenticatorData({ application, flags, counter, attested }: DataOfAuthenticator): Buffer {
  const head = Buffer.alloc(5);
  const hasExtensions = attested !== undefined && attested.protection !== protections.none;
  head[0] = flags | (attested === undefined ? 0 : dataFlags.attested) | (hasExtensions ? dataFlags.extensions : 0);
  head.writeUInt32BE(counter, 1);
  const parts = [hashOf(application), head];
  if (attested !== undefined) {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(attested.id.length);
    parts.push(Buffer.alloc(16), length, attested.id, encodeCbor(publicKeyOf(attested)));
    if (hasExtensions) parts.push(encodeCbor(new Map([['credProtect', attested.protection]])));
  }
  return Buffer.concat(parts);
}

/** As authenticators give it: Ed25519 as it is, ECDSA as a sequence of two integers. */
export function signWith({ key }: Credential, data: Buffer): Buffer {
  const signing = crypto.signingKey(key);
  if (signing === undefined) throw new Error('not a key');
  const raw = Buffer.from(signing.sign('sha256', data));
  signing.free();
  if (key.kind === 'ed25519') return raw;
  const numbers = [raw.subarray(0, numberBytes), raw.subarray(numberBytes)].map(derInteger);
  const body = Buffer.concat(numbers);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}

function derInteger(number: Buffer): Buffer {
  const start = Math.max(
    0,
    number.findIndex((byte) => byte !== 0),
  );
  const digits = number.subarray(start);
  const isHigh = (digits[0] ?? 0) >= 0x80;
  return Buffer.concat([Buffer.of(2, digits.length + (isHigh ? 1 : 0)), Buffer.alloc(isHigh ? 1 : 0), digits]);
}
