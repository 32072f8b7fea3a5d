// Ephemeral X25519 (RFC 7748, RFC 8731) and ECDH (RFC 5656 section 4) by the runtime.
// Private values are drawn from the provider's random source and from nowhere else.
// X25519 keys are random bytes imported as a JSON Web Key: generateKeyPairSync followed by a jwk export can hang Node
// 20 for ever, and DER import is several times slower. Node and Bun derive the public value from `d` and do not read
// `x`.

import { createECDH, createPrivateKey, createPublicKey, diffieHellman } from 'node:crypto';
import type { CurveName, KeyAgreement } from '@sallyport/protocol/algorithms/crypto-provider';
import { curves } from './curves.ts';
import { base64Url, fromBase64Url, plainBytes } from './platform-bytes.ts';

const x25519Bytes = 32;

/** `random` is the private value; it is wiped. */
export function x25519(random: Uint8Array): KeyAgreement {
  const jwk = { kty: 'OKP', crv: 'X25519', x: '', d: base64Url(random) };
  random.fill(0);
  let privateKey: ReturnType<typeof createPrivateKey> | undefined = createPrivateKey({ key: jwk, format: 'jwk' });
  const publicValue = fromBase64Url(createPublicKey(privateKey).export({ format: 'jwk' }).x as string);
  return {
    publicValue,
    agree: (peerValue) => {
      if (!privateKey) throw new Error('key agreement was freed');
      if (peerValue.length !== x25519Bytes) return undefined;
      try {
        const peerJwk = { kty: 'OKP', crv: 'X25519', x: base64Url(peerValue) };
        const publicKey = createPublicKey({ key: peerJwk, format: 'jwk' });
        const secret = plainBytes(diffieHellman({ privateKey, publicKey }));
        return secret.some((byte) => byte !== 0) ? secret : undefined;
      } catch {
        return undefined;
      }
    },
    free: () => {
      privateKey = undefined;
    },
  };
}

export function ecdh(name: CurveName, random: (target: Uint8Array) => Uint8Array): KeyAgreement {
  const curve = curves[name];
  let own: ReturnType<typeof createECDH> | undefined = newEcdh(name, random);
  const publicValue = plainBytes(own.getPublicKey());
  return {
    publicValue,
    agree: (peerValue) => {
      if (!own) throw new Error('key agreement was freed');
      if (peerValue.length !== 1 + 2 * curve.fieldBytes || peerValue[0] !== 4) return undefined;
      try {
        return plainBytes(own.computeSecret(peerValue));
      } catch {
        return undefined;
      }
    },
    free: () => {
      own = undefined;
    },
  };
}

/** Of P-521's 66 bytes the first has one bit of the number. */
const topByteMasks: Readonly<Record<CurveName, number>> = { nistp256: 0xff, nistp384: 0xff, nistp521: 0x01 };
/** No curve refuses more than one value in four thousand million. */
const mostDraws = 8;

/** A private value, drawn again when it is out of the curve's range. */
function newEcdh(name: CurveName, random: (target: Uint8Array) => Uint8Array): ReturnType<typeof createECDH> {
  const { platformName, fieldBytes } = curves[name];
  const value = new Uint8Array(fieldBytes);
  for (let draw = 1; ; draw++) {
    random(value);
    value[0] = (value[0] as number) & topByteMasks[name];
    const own = createECDH(platformName);
    try {
      own.setPrivateKey(value);
      return own;
    } catch (error) {
      if (draw === mostDraws) throw error;
    } finally {
      value.fill(0);
    }
  }
}
