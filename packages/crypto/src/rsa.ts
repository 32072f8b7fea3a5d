// RSA keys from the integers of OpenSSH's formats, signing and verifying by RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2,
// RFC 8332) in the runtime. The remaining CRT values are derived here; parts that do not fit together make no key.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import type {
  DigestName,
  PrivateKeyParts,
  PublicKeyParts,
  SigningKey,
  VerifyingKey,
} from '@sallyport/protocol/algorithms/crypto-provider';
import { bigintFromBytes, bytesFromBigint } from '@sallyport/protocol/wire/mpint';
import { readIntegerSequence } from './der.ts';
import { base64Url, plainBytes } from './platform-bytes.ts';

type RsaPrivateParts = Extract<PrivateKeyParts, { kind: 'rsa' }>;
type RsaPublicParts = Extract<PublicKeyParts, { kind: 'rsa' }>;

const fewestBits = 1024;
const mostBits = 16384;
const mostExponentBits = 64;

interface PublicNumbers {
  readonly n: bigint;
  readonly e: bigint;
  readonly modulusBytes: number;
}

// The length is looked at before a number is made of it; leading zeros do not count.
function publicNumbers(parts: { readonly n: Uint8Array; readonly e: Uint8Array }): PublicNumbers | undefined {
  if (parts.n.length > mostBits / 8 + 1 || parts.e.length > mostExponentBits / 8 + 1) return undefined;
  const n = bigintFromBytes(parts.n);
  const e = bigintFromBytes(parts.e);
  const bits = n.toString(2).length;
  if (bits < fewestBits || bits > mostBits || n % 2n === 0n) return undefined;
  if (e < 3n || e % 2n === 0n || e >> BigInt(mostExponentBits) !== 0n) return undefined;
  return { n, e, modulusBytes: Math.ceil(bits / 8) };
}

function jwkNumber(value: bigint): string {
  const bytes = bytesFromBigint(value);
  const text = base64Url(bytes);
  bytes.fill(0);
  return text;
}

export function rsaVerifyingKey(parts: RsaPublicParts): VerifyingKey | undefined {
  const numbers = publicNumbers(parts);
  return numbers && verifyingKeyOf(numbers);
}

function verifyingKeyOf({ n, e, modulusBytes }: PublicNumbers): VerifyingKey | undefined {
  try {
    const key = createPublicKey({ key: { kty: 'RSA', n: jwkNumber(n), e: jwkNumber(e) }, format: 'jwk' });
    return {
      verify: (digest, data, signature) => {
        if (signature.length !== modulusBytes) return false;
        try {
          return verify(digest, data, key, signature);
        } catch {
          return false;
        }
      },
    };
  } catch {
    return undefined;
  }
}

export function rsaSigningKey(parts: RsaPrivateParts): SigningKey | undefined {
  const numbers = publicNumbers(parts);
  const jwk = numbers && privateJwk(parts, numbers);
  const check = numbers && verifyingKeyOf(numbers);
  if (!jwk || !check) return undefined;
  try {
    let key: KeyObject | undefined = createPrivateKey({ key: jwk, format: 'jwk' });
    const usable = (): KeyObject => {
      if (!key) throw new Error('signing key was freed');
      return key;
    };
    const checked = (digest: DigestName, data: Uint8Array, made: Buffer): Uint8Array => {
      const signature = plainBytes(made);
      if (!check.verify(digest, data, signature)) throw new Error('RSA signature came out wrong');
      return signature;
    };
    return {
      sign: (digest, data) => checked(digest, data, sign(digest, data, usable())),
      signInBackground: async (digest, data) => checked(digest, data, await signOnThread(digest, data, usable())),
      free: () => {
        key = undefined;
      },
    };
  } catch {
    return undefined;
  }
}

function signOnThread(digest: DigestName, data: Uint8Array, key: KeyObject): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    sign(digest, data, key, (error, signature) => (error ? reject(error) : resolve(signature)));
  });
}

function privateJwk(parts: RsaPrivateParts, { n, e }: PublicNumbers): Record<string, string> | undefined {
  const longest = parts.n.length + 1;
  if ([parts.d, parts.p, parts.q, parts.iqmp].some((part) => part.length > longest)) return undefined;
  const d = bigintFromBytes(parts.d);
  const p = bigintFromBytes(parts.p);
  const q = bigintFromBytes(parts.q);
  const iqmp = bigintFromBytes(parts.iqmp);
  if (p < 3n || q < 3n || p === q || p * q !== n || d >= n) return undefined;
  if ((e * d) % (p - 1n) !== 1n || (e * d) % (q - 1n) !== 1n) return undefined;
  if (iqmp >= p || (iqmp * q) % p !== 1n) return undefined;
  const numbers = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: iqmp };
  const members = Object.entries(numbers).map(([name, value]) => [name, jwkNumber(value)] as const);
  return { kty: 'RSA', ...Object.fromEntries(members) };
}

/** A new key with e = 65537; DER, because a jwk export of a generated key can hang Node 20. */
export function generateRsa(bits: number): PrivateKeyParts {
  if (bits < fewestBits || bits > mostBits) throw new RangeError('RSA keys have 1024 to 16384 bits');
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    publicExponent: 65537,
    privateKeyEncoding: { type: 'pkcs1', format: 'der' },
    publicKeyEncoding: { type: 'pkcs1', format: 'der' },
  });
  const [, n, e, d, p, q, , , iqmp] = readIntegerSequence(privateKey).map((integer) => new Uint8Array(integer));
  privateKey.fill(0);
  if (!n || !e || !d || !p || !q || !iqmp) throw new Error('runtime wrote an RSA key of another shape');
  return { kind: 'rsa', n, e, d, p, q, iqmp };
}
