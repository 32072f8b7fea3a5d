// Keys that live in FIDO authenticators (PROTOCOL.u2f): Ed25519 and ECDSA on P-256 with an application. What is
// signed is never the data alone: the authenticator adds the application, what it knows of its user, and a counter;
// a browser (webauthn) adds the origin and its own words. A private half holds only the handle by which the token
// finds its key.

import type { CryptoProvider, PublicKeyParts } from '../../algorithms/crypto-provider.ts';
import { byte, bytes, text, uint32 } from '../../codec/fields.ts';
import { struct, type ValueOf } from '../../codec/struct.ts';
import { base64Encode } from '../../wire/base64.ts';
import { startsWithBytes } from '../../wire/bytes.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import type { Reader } from '../../wire/reader.ts';
import { utf8Encode } from '../../wire/utf8.ts';
import { Writer } from '../../wire/writer.ts';
import { ecdsaNistp256 } from './ecdsa.ts';
import { ed25519 } from './ed25519.ts';
import type { KeyType } from './key-type.ts';
import type { SecurityKeyHandle, SecurityKeyPublicParts } from './security-key-parts.ts';

/** Flags of a key and, the first two, of a signature. */
export const securityKeyFlags = { userPresence: 0x01, userVerification: 0x04, resident: 0x20 } as const;

/** What the token says of a signature. */
export interface SecurityKeyFacts {
  /** Somebody touched the token. */
  readonly userPresent: boolean;
  /** The token knew its user, by a PIN or a finger. */
  readonly userVerified: boolean;
  readonly counter: number;
}

/** What stands behind the signature in its blob. */
export interface SecurityKeyTail {
  readonly flags: number;
  readonly counter: number;
  /** Only where a browser asked. */
  readonly browser?: ValueOf<typeof browserFields>;
}

const handleFields = struct({ flags: byte, keyHandle: bytes, reserved: bytes });
const tailFields = struct({ flags: byte, counter: uint32 });
const browserFields = struct({ origin: text, clientData: bytes, extensions: bytes });
const browserAlgorithm = 'webauthn-sk-ecdsa-sha2-nistp256@openssh.com';
/** Flags of authenticator data (Web Authentication, section 6.1): what is not there in an assertion, and extensions. */
const attestedDataFlag = 0x40;
const extensionsFlag = 0x80;

export function readSecurityKeyTail(reader: Reader, algorithm: string): SecurityKeyTail {
  const tail = tailFields.read(reader);
  return algorithm === browserAlgorithm ? { ...tail, browser: browserFields.read(reader) } : tail;
}

export function securityKeyFacts({ flags, counter }: SecurityKeyTail): SecurityKeyFacts {
  return {
    userPresent: (flags & securityKeyFlags.userPresence) !== 0,
    userVerified: (flags & securityKeyFlags.userVerification) !== 0,
    counter,
  };
}

/** What the token's signature covers. @throws DecodeError when the browser's words are not about this data */
export function securityKeyMessage(
  crypto: CryptoProvider,
  of: { readonly application: string; readonly tail: SecurityKeyTail; readonly data: Uint8Array },
): Uint8Array {
  const { application, tail, data } = of;
  if (tail.browser !== undefined) checkBrowser(tail.flags, tail.browser, data);
  return new Writer()
    .raw(crypto.digest('sha256', utf8Encode(application)))
    .byte(tail.flags)
    .uint32(tail.counter)
    .raw(tail.browser?.extensions ?? new Uint8Array())
    .raw(crypto.digest('sha256', tail.browser?.clientData ?? data))
    .bytes();
}

/** The client data begins with its type, our data as challenge, and the origin, in this order and spelling. */
function checkBrowser(flags: number, browser: ValueOf<typeof browserFields>, data: Uint8Array): void {
  const { origin, clientData, extensions } = browser;
  const saysExtensions = (flags & extensionsFlag) !== 0;
  if (origin.includes('"') || (flags & attestedDataFlag) !== 0 || saysExtensions !== extensions.length > 0) {
    throw new DecodeError('browser signature is malformed');
  }
  const challenge = base64Encode(data).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const expected = `{"type":"webauthn.get","challenge":"${challenge}","origin":"${origin}"`;
  if (!startsWithBytes(clientData, utf8Encode(expected))) throw new DecodeError('browser signed something else');
}

/** A signature blob from what a token gave. */
export function securityKeySignature(
  algorithm: string,
  made: { readonly raw: Uint8Array; readonly flags: number; readonly counter: number },
): Uint8Array {
  const writer = new Writer().string(algorithm);
  (algorithm === skEd25519.name ? ed25519 : ecdsaNistp256).writeSignature(writer, made.raw);
  tailFields.write(writer, made);
  return writer.bytes();
}

function readHandle(reader: Reader): SecurityKeyHandle {
  const { flags, keyHandle, reserved } = handleFields.read(reader);
  return { flags, keyHandle: keyHandle.slice(), reserved: reserved.slice() };
}

type EdPublic = Extract<SecurityKeyPublicParts, { readonly kind: 'sk-ed25519' }>;
type EdPrivate = EdPublic & SecurityKeyHandle;

export const skEd25519: KeyType<EdPublic, EdPrivate> = {
  name: 'sk-ssh-ed25519@openssh.com',
  label: 'ED25519-SK',
  kind: 'sk-ed25519',

  bits: () => 256,

  readPublic(reader) {
    const { publicKey } = ed25519.readPublic(reader);
    return { kind: 'sk-ed25519', publicKey, application: reader.text() };
  },

  writePublic(writer, { publicKey, application }) {
    ed25519.writePublic(writer, { kind: 'ed25519', publicKey });
    writer.string(application);
  },

  readPrivate(reader) {
    const { publicKey, application } = skEd25519.readPublic(reader);
    return { kind: 'sk-ed25519', publicKey: publicKey.slice(), application, ...readHandle(reader) };
  },

  writePrivate(writer, parts) {
    skEd25519.writePublic(writer, parts);
    handleFields.write(writer, parts);
  },

  readCertifiedPrivate(reader, { publicKey }) {
    return { kind: 'sk-ed25519', publicKey: publicKey.slice(), application: reader.text(), ...readHandle(reader) };
  },

  writeCertifiedPrivate(writer, parts) {
    handleFields.write(writer.string(parts.application), parts);
  },

  publicPartsOf({ publicKey, application }) {
    return { kind: 'sk-ed25519', publicKey, application };
  },

  verifiableParts: ({ publicKey }): PublicKeyParts => ({ kind: 'ed25519', publicKey }),

  readSignature(reader, { publicKey }) {
    return ed25519.readSignature(reader, { kind: 'ed25519', publicKey });
  },

  writeSignature() {
    throw new Error('a security key signs in its token');
  },
};

type EcPublic = Extract<SecurityKeyPublicParts, { readonly kind: 'sk-ecdsa' }>;
type EcPrivate = EcPublic & SecurityKeyHandle;
const curve = 'nistp256';

export const skEcdsa: KeyType<EcPublic, EcPrivate> = {
  name: 'sk-ecdsa-sha2-nistp256@openssh.com',
  label: 'ECDSA-SK',
  kind: 'sk-ecdsa',

  bits: () => 256,

  readPublic(reader) {
    const { publicPoint } = ecdsaNistp256.readPublic(reader);
    return { kind: 'sk-ecdsa', publicPoint, application: reader.text() };
  },

  writePublic(writer, { publicPoint, application }) {
    ecdsaNistp256.writePublic(writer, { kind: 'ecdsa', curve, publicPoint });
    writer.string(application);
  },

  readPrivate(reader) {
    const { publicPoint, application } = skEcdsa.readPublic(reader);
    return { kind: 'sk-ecdsa', publicPoint: publicPoint.slice(), application, ...readHandle(reader) };
  },

  writePrivate(writer, parts) {
    skEcdsa.writePublic(writer, parts);
    handleFields.write(writer, parts);
  },

  readCertifiedPrivate(reader, { publicPoint }) {
    return { kind: 'sk-ecdsa', publicPoint: publicPoint.slice(), application: reader.text(), ...readHandle(reader) };
  },

  writeCertifiedPrivate(writer, parts) {
    handleFields.write(writer.string(parts.application), parts);
  },

  publicPartsOf({ publicPoint, application }) {
    return { kind: 'sk-ecdsa', publicPoint, application };
  },

  verifiableParts: ({ publicPoint }): PublicKeyParts => ({ kind: 'ecdsa', curve, publicPoint }),

  readSignature(reader, { publicPoint }) {
    return ecdsaNistp256.readSignature(reader, { kind: 'ecdsa', curve, publicPoint });
  },

  writeSignature() {
    throw new Error('a security key signs in its token');
  },
};
