// Public keys in the files of others: RFC 4716 (`SSH2 PUBLIC KEY`), SubjectPublicKeyInfo (`PUBLIC KEY`, PKCS#8 for
// OpenSSH) and PKCS#1 (`RSA PUBLIC KEY`, PEM for OpenSSH); read and written.

import { DecodeError } from '../../wire/decode-error.ts';
import { Writer } from '../../wire/writer.ts';
import { type Certificate, decodeAnyKey } from '../certificate.ts';
import { decodePublicKey, type PublicKey } from '../public-key.ts';
import { keyTypes } from '../types/table.ts';
import { armorLabel, decodeArmor, encodeArmor, pemStyle, rfc4716Style } from './armor.ts';
import {
  type Asn1PublicParts,
  hasAsn1Form,
  readPublicInfo,
  readRsaPublic,
  writePublicInfo,
  writeRsaPublic,
} from './asn1-keys.ts';

export const publicFileFormats = ['RFC4716', 'PKCS8', 'PEM'] as const;
export type PublicFileFormat = (typeof publicFileFormats)[number];

const labels = { RFC4716: 'SSH2 PUBLIC KEY', PKCS8: 'PUBLIC KEY', PEM: 'RSA PUBLIC KEY' } as const;
const styles = { RFC4716: rfc4716Style, PKCS8: pemStyle, PEM: pemStyle } as const;

/** The format that the file claims by how it begins. */
export function publicFileFormat(file: Uint8Array): PublicFileFormat | undefined {
  return publicFileFormats.find((format) => armorLabel(file, styles[format]) === labels[format]);
}

/** @throws DecodeError */
export function decodePublicFile(file: Uint8Array, format: PublicFileFormat): PublicKey | Certificate {
  const { data } = decodeArmor(file, styles[format]);
  if (format === 'RFC4716') return decodeAnyKey(data);
  return publicKeyOf(format === 'PKCS8' ? readPublicInfo(data) : readRsaPublic(data));
}

function publicKeyOf(parts: Asn1PublicParts): PublicKey {
  const curve = parts.kind === 'ecdsa' ? parts.curve : undefined;
  const type = keyTypes.find((row) => row.kind === parts.kind && row.curve === curve);
  if (type === undefined) throw new DecodeError('unknown or unsupported key type');
  const writer = new Writer().string(type.name);
  type.writePublic(writer, parts);
  // The strict decoding is what makes it a key.
  return decodePublicKey(writer.bytes());
}

/** The file's text; undefined for keys that have no such form. `comment` is for RFC 4716. */
export function encodePublicFile(
  key: Pick<PublicKey, 'blob' | 'parts'>,
  format: PublicFileFormat,
  comment = '',
): string | undefined {
  const armor = { label: labels[format] };
  if (format === 'RFC4716') {
    const headers = [`Comment: "${comment.replaceAll(/[\r\n"]/g, ' ')}"`];
    return encodeArmor({ ...armor, headers, data: key.blob }, rfc4716Style);
  }
  const { parts } = key;
  if (!hasAsn1Form(parts)) return undefined;
  if (format === 'PKCS8') return encodeArmor({ ...armor, data: writePublicInfo(parts) });
  // OpenSSH writes DSA keys the same way for both.
  if (parts.kind === 'dsa') return encodeArmor({ label: labels.PKCS8, data: writePublicInfo(parts) });
  return parts.kind === 'rsa' ? encodeArmor({ ...armor, data: writeRsaPublic(parts) }) : undefined;
}
