// ECDSA keys and signatures on the three NIST curves (RFC 5656 section 3.1). Each curve is a key type whose blobs
// repeat its name. Only uncompressed points are read; whether a point is on the curve is the CryptoProvider's check.

import type { CurveName } from '../../algorithms/crypto-provider.ts';
import { bytes, mpint, text } from '../../codec/fields.ts';
import { struct } from '../../codec/struct.ts';
import { DecodeError } from '../../wire/decode-error.ts';
import type { KeyType, PrivateParts, PublicParts } from './key-type.ts';

const uncompressed = 4;
const publicFields = struct({ curve: text, point: bytes });
const privateFields = struct({ curve: text, point: bytes, scalar: mpint });
const signatureFields = struct({ r: mpint, s: mpint });

/** Left-pads a number to the field size of its curve. @throws DecodeError when it is longer */
function padded(magnitude: Uint8Array, lengthBytes: number): Uint8Array {
  if (magnitude.length > lengthBytes) throw new DecodeError('ECDSA number is longer than its curve');
  const out = new Uint8Array(lengthBytes);
  out.set(magnitude, lengthBytes - magnitude.length);
  return out;
}

function ecdsa(curve: CurveName, bits: number): KeyType<PublicParts<'ecdsa'>, PrivateParts<'ecdsa'>> {
  const fieldBytes = Math.ceil(bits / 8);

  function checkPoint(fields: { readonly curve: string; readonly point: Uint8Array }): void {
    if (fields.curve !== curve) throw new DecodeError('curve does not match the key type');
    if (fields.point.length !== 1 + 2 * fieldBytes || fields.point[0] !== uncompressed) {
      throw new DecodeError('ECDSA point is not an uncompressed point of its curve');
    }
  }

  return {
    name: `ecdsa-sha2-${curve}`,
    label: 'ECDSA',
    kind: 'ecdsa',
    curve,

    bits: () => bits,

    readPublic(reader) {
      const fields = publicFields.read(reader);
      checkPoint(fields);
      return { kind: 'ecdsa', curve, publicPoint: fields.point };
    },

    writePublic(writer, parts) {
      publicFields.write(writer, { curve, point: parts.publicPoint });
    },

    readPrivate(reader) {
      const fields = privateFields.read(reader);
      checkPoint(fields);
      const scalar = padded(fields.scalar, fieldBytes);
      return { kind: 'ecdsa', curve, scalar, publicPoint: fields.point.slice() };
    },

    writePrivate(writer, parts) {
      privateFields.write(writer, { curve, point: parts.publicPoint, scalar: parts.scalar });
    },

    readCertifiedPrivate(reader, { publicPoint }) {
      const scalar = padded(reader.mpintBytes(), fieldBytes);
      return { kind: 'ecdsa', curve, scalar, publicPoint: publicPoint.slice() };
    },

    writeCertifiedPrivate(writer, parts) {
      writer.mpint(parts.scalar);
    },

    publicPartsOf(parts) {
      return { kind: 'ecdsa', curve, publicPoint: parts.publicPoint };
    },

    readSignature(reader) {
      const { r, s } = signatureFields.decode(reader.string());
      const signature = new Uint8Array(2 * fieldBytes);
      signature.set(padded(r, fieldBytes), 0);
      signature.set(padded(s, fieldBytes), fieldBytes);
      return signature;
    },

    writeSignature(writer, signature) {
      const r = signature.subarray(0, fieldBytes);
      writer.string(signatureFields.encode({ r, s: signature.subarray(fieldBytes) }));
    },
  };
}

export const ecdsaNistp256 = ecdsa('nistp256', 256);
export const ecdsaNistp384 = ecdsa('nistp384', 384);
export const ecdsaNistp521 = ecdsa('nistp521', 521);
