// ECDSA over the NIST curves (RFC 5656 section 3) by the runtime; signatures are r and s, each as long as the field.
// Points are checked to lie on the curve when a key is made.

import { createECDH, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import type {
  CurveName,
  PrivateKeyParts,
  PublicKeyParts,
  SigningKey,
  VerifyingKey,
} from '@sallyport/protocol/algorithms/crypto-provider';
import { equalBytes } from '@sallyport/protocol/wire/bytes';
import { curves } from './curves.ts';
import { base64Url, plainBytes } from './platform-bytes.ts';

type EcdsaPrivateParts = Extract<PrivateKeyParts, { kind: 'ecdsa' }>;
type EcdsaPublicParts = Extract<PublicKeyParts, { kind: 'ecdsa' }>;

const dsaEncoding = 'ieee-p1363';
const uncompressed = 4;

function publicJwk(name: CurveName, point: Uint8Array): Record<string, string> | undefined {
  const { jwkName, fieldBytes } = curves[name];
  if (point.length !== 1 + 2 * fieldBytes || point[0] !== uncompressed) return undefined;
  const x = base64Url(point.subarray(1, 1 + fieldBytes));
  return { kty: 'EC', crv: jwkName, x, y: base64Url(point.subarray(1 + fieldBytes)) };
}

export function ecdsaVerifyingKey(parts: EcdsaPublicParts): VerifyingKey | undefined {
  const jwk = publicJwk(parts.curve, parts.publicPoint);
  const signatureBytes = 2 * curves[parts.curve].fieldBytes;
  if (!jwk) return undefined;
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return {
      verify: (digest, data, signature) => {
        if (signature.length !== signatureBytes) return false;
        try {
          return verify(digest, data, { key, dsaEncoding }, signature);
        } catch {
          return false;
        }
      },
    };
  } catch {
    return undefined;
  }
}

/** The scalar must give the public point; Node does not check that itself. */
export function ecdsaSigningKey(parts: EcdsaPrivateParts): SigningKey | undefined {
  const { platformName, fieldBytes } = curves[parts.curve];
  const jwk = publicJwk(parts.curve, parts.publicPoint);
  if (!jwk || parts.scalar.length !== fieldBytes) return undefined;
  try {
    const derived = createECDH(platformName);
    derived.setPrivateKey(parts.scalar);
    if (!equalBytes(derived.getPublicKey(), parts.publicPoint)) return undefined;
    const privateJwk = { ...jwk, d: base64Url(parts.scalar) };
    let key: ReturnType<typeof createPrivateKey> | undefined = createPrivateKey({ key: privateJwk, format: 'jwk' });
    return {
      sign: (digest, data) => {
        if (!key) throw new Error('signing key was freed');
        return plainBytes(sign(digest, data, { key, dsaEncoding }));
      },
      free: () => {
        key = undefined;
      },
    };
  } catch {
    return undefined;
  }
}

/** The point of a scalar; undefined when it is none of the curve. */
export function ecdsaPublicPoint(curve: CurveName, scalar: Uint8Array): Uint8Array | undefined {
  const { platformName, fieldBytes } = curves[curve];
  if (scalar.length !== fieldBytes) return undefined;
  try {
    const own = createECDH(platformName);
    own.setPrivateKey(scalar);
    return plainBytes(own.getPublicKey());
  } catch {
    return undefined;
  }
}

export function generateEcdsa(curve: CurveName): PrivateKeyParts {
  const { platformName, fieldBytes } = curves[curve];
  const own = createECDH(platformName);
  const publicPoint = plainBytes(own.generateKeys());
  const minimal = own.getPrivateKey();
  const scalar = new Uint8Array(fieldBytes);
  scalar.set(minimal, fieldBytes - minimal.length);
  minimal.fill(0);
  return { kind: 'ecdsa', curve, scalar, publicPoint };
}
