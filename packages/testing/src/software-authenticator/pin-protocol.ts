// How a PIN gets to an authenticator (CTAP 2.1 section 6.5): both sides agree on a secret by ECDH on P-256; the PIN's
// hash and the token that stands for it travel encrypted. Protocols one and two, the authenticator's side.

import type { ECDH } from 'node:crypto';
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { Cbor, CborMap } from './cbor.ts';

const coordinateBytes = 32;
const ivBytes = 16;
const shortTagBytes = 16;
const cipher = 'aes-256-cbc';
/** COSE (RFC 9053): key type, algorithm, curve, coordinates. */
const cose = { keyType: 1, algorithm: 3, curve: -1, x: -2, y: -3 } as const;

export type PinProtocolNumber = 1 | 2;

interface SharedSecret {
  readonly encryption: Buffer;
  readonly version: PinProtocolNumber;
}

export class PinProtocol {
  readonly #ecdh: ECDH = createECDH('prime256v1');
  /** What a PIN is exchanged for. */
  readonly token = randomBytes(32);

  constructor() {
    this.#ecdh.generateKeys();
  }

  /** Our half of the agreement, as a COSE key. */
  get keyAgreement(): CborMap {
    const point = this.#ecdh.getPublicKey();
    return new Map<number, Cbor>([
      [cose.keyType, 2],
      [cose.algorithm, -25],
      [cose.curve, 1],
      [cose.x, point.subarray(1, 1 + coordinateBytes)],
      [cose.y, point.subarray(1 + coordinateBytes)],
    ]);
  }

  agree(version: PinProtocolNumber, peer: CborMap): SharedSecret {
    const coordinates = [peer.get(cose.x), peer.get(cose.y)] as Uint8Array[];
    const z = this.#ecdh.computeSecret(Buffer.concat([Buffer.of(4), ...coordinates]));
    if (version === 1) return { version, encryption: createHash('sha256').update(z).digest() };
    const derived = hkdfSync('sha256', z, Buffer.alloc(32), 'CTAP2 AES key', 32);
    return { version, encryption: Buffer.from(derived) };
  }

  /** Whether the tag of a command was made with the token. */
  isAuthentic(version: PinProtocolNumber, message: Uint8Array, tag: Uint8Array): boolean {
    const whole = createHmac('sha256', this.token).update(message).digest();
    const expected = version === 1 ? whole.subarray(0, shortTagBytes) : whole;
    return tag.length === expected.length && timingSafeEqual(tag, expected);
  }
}

export function encryptFor({ encryption, version }: SharedSecret, plain: Uint8Array): Buffer {
  const iv = version === 1 ? Buffer.alloc(ivBytes) : randomBytes(ivBytes);
  const sealing = createCipheriv(cipher, encryption, iv).setAutoPadding(false);
  const sealed = Buffer.concat([sealing.update(plain), sealing.final()]);
  return version === 1 ? sealed : Buffer.concat([iv, sealed]);
}

export function decryptFrom({ encryption, version }: SharedSecret, sealed: Uint8Array): Buffer {
  const iv = version === 1 ? Buffer.alloc(ivBytes) : sealed.subarray(0, ivBytes);
  const opening = createDecipheriv(cipher, encryption, iv).setAutoPadding(false);
  return Buffer.concat([opening.update(version === 1 ? sealed : sealed.subarray(ivBytes)), opening.final()]);
}
