// The public keys of a token: what its public key objects and certificates say (PKCS #11, sections 4.8 and 4.9; RFC
// 5480 and RFC 8410 for curves). Keys of other kinds, and objects that do not say what they should, are passed over.

import { X509Certificate } from 'node:crypto';
import type { CurveName, PublicKeyParts } from '@sallyport/protocol/algorithms/crypto-provider';
import type { PublicKey } from '@sallyport/protocol/keys/public-key';
import { publicKeyOfParts } from '@sallyport/protocol/keys/public-key';
import { keyTypeOfName } from '@sallyport/protocol/keys/types/table';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { tryDecode } from '@sallyport/protocol/wire/decode-error';
import type { Pkcs11Module } from '@sallyport/system/pkcs11';
import { keyTypes, objectClasses } from '@sallyport/system/pkcs11-names';

export interface TokenKey {
  readonly key: PublicKey;
  /** What the token calls it; empty when it has no name. */
  readonly label: string;
  /** CKA_ID, by which the private key is found. */
  readonly id: Uint8Array;
}

/** DER of the curves' object identifiers (RFC 5480 section 2.1.1.1). */
const curveParameters: Readonly<Record<CurveName, string>> = {
  nistp256: '06082a8648ce3d030107',
  nistp384: '06052b81040022',
  nistp521: '06052b81040023',
};
/** Ed25519 as an object identifier (RFC 8410 section 3) and as the name that PKCS #11 3.0 allows as well. */
const ed25519Parameters: readonly string[] = ['06032b6570', '130c656477617264733235353139'];
const octetString = 0x04;
/** Lengths of bare points: Ed25519, and uncompressed ones of the curves above. With DER around them none has these. */
const barePointBytes: readonly number[] = [32, 65, 97, 133];

/** What a module shows of its objects. */
export type TokenObjects = Pick<Pkcs11Module, 'attribute' | 'findObjects'>;

/** @throws TokenError */
export function readTokenKeys(module: TokenObjects, session: number): TokenKey[] {
  const found: TokenKey[] = [];
  const add = (object: number, key: PublicKey | undefined, fallbackLabel = ''): void => {
    const id = module.attribute(session, object, 'id') ?? new Uint8Array();
    if (key === undefined || found.some((other) => equalBytes(other.key.blob, key.blob))) return;
    const label = Buffer.from(module.attribute(session, object, 'label') ?? []).toString('utf8');
    found.push({ key, label: label === '' ? fallbackLabel : label, id });
  };
  for (const object of module.findObjects(session, [['class', objectClasses.publicKey]])) {
    add(object, keyOfObject(module, session, object));
  }
  for (const object of module.findObjects(session, [['class', objectClasses.certificate]])) {
    const certificate = certificateOf(module.attribute(session, object, 'value'));
    if (certificate !== undefined) add(object, keyOfCertificate(certificate), certificate.subject);
  }
  return found;
}

function keyOfObject(module: TokenObjects, session: number, object: number): PublicKey | undefined {
  const type = module.attribute(session, object, 'keyType');
  if (type === undefined || type.length < 8) return undefined;
  const value = (name: 'modulus' | 'publicExponent' | 'ecParameters' | 'ecPoint'): Uint8Array =>
    module.attribute(session, object, name) ?? new Uint8Array();
  switch (Number(Buffer.from(type).readBigUInt64LE())) {
    case keyTypes.rsa:
      return keyOfParts('ssh-rsa', {
        kind: 'rsa',
        n: unsigned(value('modulus')),
        e: unsigned(value('publicExponent')),
      });
    case keyTypes.ec:
    case keyTypes.ecEdwards:
      return keyOnCurve(Buffer.from(value('ecParameters')).toString('hex'), pointOf(value('ecPoint')));
    default:
      return undefined;
  }
}

function keyOnCurve(parameters: string, point: Uint8Array): PublicKey | undefined {
  if (ed25519Parameters.includes(parameters)) {
    return keyOfParts('ssh-ed25519', { kind: 'ed25519', publicKey: point });
  }
  for (const [curve, known] of Object.entries(curveParameters) as [CurveName, string][]) {
    if (known !== parameters) continue;
    return keyOfParts(`ecdsa-sha2-${curve}`, { kind: 'ecdsa', curve, publicPoint: point });
  }
  return undefined;
}

/**
 * A point is an OCTET STRING of DER; some modules leave that away. An uncompressed point begins as an OCTET STRING
 * does, and its next byte may be what is left.
 */
function pointOf(value: Uint8Array): Uint8Array {
  if (value[0] !== octetString || barePointBytes.includes(value.length)) return value;
  const [, length = 0] = value;
  const header = length < 0x80 ? 2 : 2 + (length & 0x7f);
  const size = length < 0x80 ? length : Number(`0x${Buffer.from(value.subarray(2, header)).toString('hex') || '0'}`);
  return value.length === header + size ? value.subarray(header) : value;
}

function certificateOf(der: Uint8Array | undefined): X509Certificate | undefined {
  try {
    return der === undefined ? undefined : new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** The names of curves in JSON Web Keys (RFC 7518 section 6.2.1.1). */
const jwkCurves: Readonly<Record<string, CurveName>> = {
  'P-256': 'nistp256',
  'P-384': 'nistp384',
  'P-521': 'nistp521',
};

function keyOfCertificate({ publicKey }: X509Certificate): PublicKey | undefined {
  try {
    const { kty, crv, n, e, x, y } = publicKey.export({ format: 'jwk' }) as Readonly<Record<string, string>>;
    const part = (text = ''): Uint8Array => Uint8Array.from(Buffer.from(text, 'base64url'));
    if (kty === 'RSA') return keyOfParts('ssh-rsa', { kind: 'rsa', n: unsigned(part(n)), e: unsigned(part(e)) });
    if (kty === 'OKP' && crv === 'Ed25519') return keyOfParts('ssh-ed25519', { kind: 'ed25519', publicKey: part(x) });
    const curve = jwkCurves[crv ?? ''];
    if (kty !== 'EC' || curve === undefined) return undefined;
    const publicPoint = Uint8Array.from([octetString, ...part(x), ...part(y)]);
    return keyOfParts(`ecdsa-sha2-${curve}`, { kind: 'ecdsa', curve, publicPoint });
  } catch {
    return undefined;
  }
}

function keyOfParts(type: string, parts: PublicKeyParts): PublicKey | undefined {
  const row = keyTypeOfName(type);
  return tryDecode(() => (row === undefined ? undefined : publicKeyOfParts(row, parts)));
}

/** Without leading zeros. */
function unsigned(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? new Uint8Array() : bytes.subarray(first);
}
